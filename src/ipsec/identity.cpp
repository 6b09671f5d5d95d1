// SPDX-License-Identifier: Apache-2.0
#include "ipsec/identity.hpp"

#include "ipsec/distinguished_name.hpp"
#include "net/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace eligate::ipsec {
namespace {

// strongSwan's identification.c knows the same prefixes, in lower case.
constexpr auto prefixes = std::to_array<std::pair<std::string_view, IdentityType>>({
    {"fqdn", IdentityType::fqdn},
    {"email", IdentityType::email},
    {"ipv4", IdentityType::ipv4},
    {"ipv6", IdentityType::ipv6},
    {"asn1dn", IdentityType::asn1dn},
    {"keyid", IdentityType::key_id},
});

// vici_query.c prints identities into a buffer of 256 bytes and cuts without a word.
constexpr std::size_t longest_dn = 250;
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_key_id = 128;
// chunk.h: HASH_SIZE_SHA1. charon takes a key id of this size for a hash and prints it as hex.
constexpr std::size_t sha1_size = 20;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool holds_only(std::string_view text, std::string_view marks) {
    return std::ranges::all_of(
        text, [&](char c) { return is_alphanumeric(c) || marks.find(c) != std::string_view::npos; });
}

/// RFC 1123 names; the underscore is allowed because identities are only compared, never looked up.
bool is_name(std::string_view text) {
    if (text.empty() || text.size() > longest_name || !holds_only(text, "._-"))
        return false;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('.', begin), text.size());
        const auto label = text.substr(begin, end - begin);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-')
            return false;
        begin = end + 1;
    }
    return true;
}

bool is_email(std::string_view text) {
    const auto at = text.find('@');
    return at != std::string_view::npos && at > 0 && at <= 64 && text.size() <= longest_name &&
           holds_only(text.substr(0, at), "._+-") && is_name(text.substr(at + 1));
}

bool is_key_id(std::string_view text) {
    // A leading "#" would make charon read hex.
    return !text.empty() && text.size() <= longest_key_id && holds_only(text, "._:@/+=-");
}

/// The address as charon prints it, if it is one of that family and not the "any" address.
std::optional<std::string> address(std::string_view text, net::Family family) {
    const auto parsed = net::Address::parse(text);
    if (!parsed || parsed->family() != family ||
        std::ranges::all_of(parsed->bytes(), [](auto byte) { return byte == 0; }))
        return std::nullopt;
    return parsed->text();
}

std::optional<std::string> checked(IdentityType type, std::string_view value) {
    switch (type) {
    case IdentityType::fqdn:
        return is_name(value) ? std::optional(std::string(value)) : std::nullopt;
    case IdentityType::email:
        return is_email(value) ? std::optional(std::string(value)) : std::nullopt;
    case IdentityType::ipv4:
        return address(value, net::Family::ipv4);
    case IdentityType::ipv6:
        return address(value, net::Family::ipv6);
    case IdentityType::asn1dn: {
        auto dn = canonical_dn(value);
        return dn && dn->size() <= longest_dn ? dn : std::nullopt;
    }
    case IdentityType::key_id:
        return is_key_id(value) ? std::optional(std::string(value)) : std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::optional<Identity> Identity::parse(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    const auto* const known =
        std::ranges::find(prefixes, text.substr(0, colon), &decltype(prefixes)::value_type::first);
    if (known == prefixes.end())
        return std::nullopt;
    auto value = checked(known->second, text.substr(colon + 1));
    if (!value)
        return std::nullopt;
    Identity identity;
    identity.m_type = known->second;
    identity.m_value = std::move(*value);
    return identity;
}

std::string Identity::text() const {
    // create_from_string_with_prefix_type() copies what follows a prefix: "ipv4:192.0.2.1" would be an
    // "address" of nine bytes. The values of these three types are canonical, so the untyped form is read as
    // what it is.
    if (m_type == IdentityType::ipv4 || m_type == IdentityType::ipv6 || m_type == IdentityType::asn1dn)
        return m_value;
    const auto* const known = std::ranges::find(prefixes, m_type, &decltype(prefixes)::value_type::second);
    return fmt::format("{}:{}", known->first, m_value);
}

std::string Identity::as_listed() const {
    if (m_type != IdentityType::key_id || m_value.size() != sha1_size)
        return m_value;
    std::string hex;
    for (const char c : m_value)
        hex += fmt::format("{}{:02x}", hex.empty() ? "" : ":", static_cast<unsigned char>(c));
    return hex;
}

} // namespace eligate::ipsec
