// SPDX-License-Identifier: Apache-2.0
#include "profile/value.hpp"

#include "catalog/catalog.hpp"
#include "profile/lookalike.hpp"
#include "profile/toml.hpp"
#include "profile/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::size_t longest_eap_id = 128;

base::Diagnostic malformed(const Located<std::string>& text, std::string_view key, base::Message expected) {
    base::Diagnostic fault{
        .code = code::malformed,
        .what =
            msg(N_("{key}: “{value}” is not {expected}"),
                {{"key", std::string(key)}, {"value", shown(text.value)}, {"expected", std::move(expected)}}),
        .where = text.where,
        .hints = {}};
    if (const auto oddity = first_oddity(text.value)) {
        fault.code = code::hidden_character;
        fault.where = part_of(text.where, text.value, oddity->offset, oddity->bytes);
    }
    return fault;
}

void hint_meant(base::Diagnostic& fault, const std::string& meant) {
    fault.hints.push_back(msg(N_("did you mean {word}?"), {{"word", meant}}));
}

} // namespace

std::optional<net::Prefix> check_prefix(const Located<std::string>& text, std::string_view key,
                                        base::Diagnostics& diagnostics) {
    const auto parsed = net::Prefix::parse(text.value);
    if (parsed && parsed->family() == net::Family::ipv4)
        return parsed;
    auto fault = malformed(text, key, msg(N_("an IPv4 address or prefix")));
    const auto half_width = plain(text.value);
    const auto slash = half_width.find('/');
    const auto meant = net::Prefix::without_host_bits(half_width);
    if (parsed)
        fault.hints.push_back(msg(N_("inside the tunnel is IPv4 only")));
    else if (meant && (slash == std::string::npos || half_width == meant->text()))
        hint_meant(fault, half_width);
    else if (meant)
        fault.hints.push_back(msg(N_("did you mean {address} alone, or all of {prefix}?"),
                                  {{"address", half_width.substr(0, slash)}, {"prefix", meant->text()}}));
    diagnostics.add(std::move(fault));
    return std::nullopt;
}

std::vector<Located<net::Prefix>> check_prefixes(const std::vector<Located<std::string>>& texts,
                                                 std::string_view key, base::Diagnostics& diagnostics) {
    std::vector<Located<net::Prefix>> prefixes;
    for (const auto& text : texts)
        if (const auto prefix = check_prefix(text, key, diagnostics))
            prefixes.push_back({.value = *prefix, .where = text.where});
    return prefixes;
}

std::optional<net::Address> check_address(const Located<std::string>& text, std::string_view key,
                                          base::Diagnostics& diagnostics) {
    const auto parsed = net::Address::parse(text.value);
    if (parsed && parsed->family() == net::Family::ipv4)
        return parsed;
    auto fault = malformed(text, key, msg(N_("an IPv4 address")));
    if (parsed)
        fault.hints.push_back(msg(N_("inside the tunnel is IPv4 only")));
    else if (const auto meant = net::Address::parse(plain(text.value)))
        hint_meant(fault, meant->text());
    diagnostics.add(std::move(fault));
    return std::nullopt;
}

std::optional<ipsec::Identity> check_identity(const Located<std::string>& text, std::string_view key,
                                              base::Diagnostics& diagnostics) {
    if (auto parsed = ipsec::Identity::parse(text.value))
        return parsed;
    auto fault = malformed(text, key, msg(N_("an IKE identity")));
    const auto meant = plain(text.value);
    constexpr auto prefixes =
        std::to_array<std::string_view>({"", "fqdn:", "email:", "ipv4:", "ipv6:", "asn1dn:"});
    const auto* const fitting = std::ranges::find_if(prefixes, [&](std::string_view prefix) {
        return ipsec::Identity::parse(fmt::format("{}{}", prefix, meant)).has_value();
    });
    if (fitting != prefixes.end())
        hint_meant(fault, fmt::format("{}{}", *fitting, meant));
    else
        fault.hints.push_back(
            msg(N_("its type comes first: fqdn:gw.example.net, email:a@example.net, "
                   "ipv4:192.0.2.1, asn1dn:C=JP, O=Example, CN=gw, keyid:abc; no wildcards")));
    diagnostics.add(std::move(fault));
    return std::nullopt;
}

bool check_eap_id(const Located<std::string>& text, base::Diagnostics& diagnostics) {
    // Also charon's identity syntax: what could begin another type ("#", "{", "%") or match anybody is left
    // out, and "=" would make it a DN.
    constexpr std::string_view marks = "._-+@";
    const bool good = !text.value.empty() && text.value.size() <= longest_eap_id &&
                      text.value.front() != '@' && std::ranges::all_of(text.value, [&](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                                 marks.find(c) != std::string_view::npos;
                      });
    if (!good)
        diagnostics.add(malformed(text, "ike.local.eap_id", msg(N_("a user name"))));
    return good;
}

namespace {

base::Diagnostic proposal_fault(const ipsec::ProposalFinding& finding, const Located<std::string>& text) {
    using ipsec::ProposalFault;
    base::Diagnostic fault{.code = code::proposal_incomplete,
                           .what = {},
                           .where = part_of(text.where, text.value, finding.offset,
                                            std::max<std::size_t>(1, finding.token.size())),
                           .hints = {}};
    const std::vector<base::Argument> token{{"word", shown(finding.token)}};
    switch (finding.fault) {
    case ProposalFault::unknown_algorithm:
        fault.code = code::algorithm_unknown;
        fault.what = msg(N_("“{word}” is no algorithm that can stand here"), token);
        if (finding.nearest)
            hint_meant(fault, std::string(*finding.nearest));
        break;
    case ProposalFault::refused_algorithm:
        fault.code = code::algorithm_refused;
        fault.what = msg(N_("{word} is too weak and is refused"), token);
        fault.hints.push_back(
            msg(N_("ask the VPN provider for one with AES, SHA-256 and DH group 14 or better, for "
                   "example aes256-sha256-modp2048")));
        break;
    case ProposalFault::weak_algorithm:
        fault.severity = base::Severity::warning;
        fault.code = code::algorithm_weak;
        fault.what = msg(N_("{word} is on its way out; SHA-256 should take its place"), token);
        break;
    case ProposalFault::no_encryption:
        fault.what = msg(N_("this proposal has no encryption algorithm"));
        break;
    case ProposalFault::no_integrity:
        fault.what = msg(N_("this proposal has no integrity algorithm, for example sha256"));
        break;
    case ProposalFault::no_prf:
        fault.what = msg(N_("this proposal needs a prf beside its AEAD cipher, for example prfsha384"));
        break;
    case ProposalFault::no_dh_group:
        fault.what = msg(N_("this proposal has no DH group, for example modp2048 or ecp384"));
        break;
    case ProposalFault::mixed_aead:
        fault.what =
            msg(N_("an AEAD cipher (gcm, ccm, chacha20poly1305) stands alone: no other cipher and no "
                   "integrity algorithm beside it"));
        break;
    case ProposalFault::too_long:
        fault.what = msg(N_("this proposal is too long"));
        break;
    }
    return fault;
}

// Not reachable, or not a place of its own: this network, loopback, link-local, multicast and reserved.
const std::vector<net::Prefix>& impossible_destinations() {
    static const std::vector<net::Prefix> list = [] {
        std::vector<net::Prefix> prefixes;
        for (const auto* text : {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"})
            prefixes.push_back(*net::Prefix::parse(text));
        return prefixes;
    }();
    return list;
}

const std::vector<net::Prefix>& private_ranges() {
    static const std::vector<net::Prefix> list = [] {
        std::vector<net::Prefix> prefixes;
        // RFC 1918 and RFC 6598.
        for (const auto* text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"})
            prefixes.push_back(*net::Prefix::parse(text));
        return prefixes;
    }();
    return list;
}

// A closed network may use public addresses of its own, but not as many as a large provider has: what is more
// than a /12 takes part of the internet away from the clinic.
constexpr std::uint64_t most_public_addresses = std::uint64_t{1} << 20U;

} // namespace

std::optional<ipsec::Proposal> check_proposal(const Located<std::string>& text, ipsec::Protocol protocol,
                                              base::Diagnostics& diagnostics) {
    auto parsed = ipsec::Proposal::parse(text.value, protocol);
    for (const auto& finding : parsed.findings)
        diagnostics.add(proposal_fault(finding, text));
    return parsed.proposal;
}

std::string short_text(const net::Prefix& prefix) {
    return prefix.length() == prefix.address().bits() ? prefix.address().text() : prefix.text();
}

bool check_domain(const Located<std::string>& domain, const PublicSuffixes& suffixes,
                  base::Diagnostics& diagnostics) {
    if (!suffixes.contain(domain.value))
        return true;
    diagnostics.add(
        {.code = code::swallows_names,
         .what = msg(N_("with {domain} the clinic's internet names would be asked for behind the tunnel"),
                     {{"domain", domain.value}}),
         .where = domain.where,
         .hints = {}});
    return false;
}

void check_destinations(std::span<const Located<net::Prefix>> destinations, base::Diagnostics& diagnostics) {
    std::uint64_t public_addresses = 0;
    for (const auto& destination : destinations) {
        const auto& prefix = destination.value;
        const bool impossible = std::ranges::any_of(
            impossible_destinations(), [&](const net::Prefix& other) { return other.contains(prefix); });
        if (impossible) {
            diagnostics.add({.code = code::malformed,
                             .what = msg(N_("{prefix} is nothing that a tunnel can lead to"),
                                         {{"prefix", prefix.text()}}),
                             .where = destination.where,
                             .hints = {}});
            continue;
        }
        if (!net::covers(private_ranges(), prefix))
            public_addresses += std::uint64_t{1} << (32U - prefix.length());
        if (public_addresses > most_public_addresses) {
            diagnostics.add(
                {.code = code::swallows_internet,
                 .what = msg(N_("with {prefix} the destinations take the clinic's internet into the tunnel"),
                             {{"prefix", prefix.text()}}),
                 .where = destination.where,
                 .hints = {msg(N_("list what belongs to the eligibility network under child.destinations; "
                                  "child.remote_ts may stay as the provider says"))}});
            return;
        }
    }
}

} // namespace eligate::profile
