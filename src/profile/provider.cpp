// SPDX-License-Identifier: Apache-2.0
#include "profile/provider.hpp"

#include "catalog/catalog.hpp"
#include "profile/auth_template.hpp"
#include "profile/table.hpp"
#include "profile/utf8.hpp"
#include "profile/value.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::size_t most_intakes = 32;
constexpr std::size_t most_gateways = 8;
constexpr std::size_t most_proposals = 16;
constexpr std::size_t most_remote_ts = 64;
/// About what a file of max_file_bytes holds, and what eligate is measured with (tests/bench).
constexpr std::size_t most_destinations = 10240;
constexpr std::size_t most_dns_servers = 4;
constexpr std::size_t most_domains = 64;

void read_who(Table& root, Provider& provider) {
    if (auto table = root.table("provider", Need::required)) {
        provider.name = table->local_text("name", Need::required);
        if (auto support = table->table("support", Need::optional)) {
            const auto phone = support->text("phone", Word::phone, Need::optional);
            const auto hours = support->text("hours", Word::display, Need::optional);
            provider.support = {.phone = phone ? phone->value : "", .hours = hours ? hours->value : ""};
            support->finish();
        }
        provider.fact = table->fact();
        table->finish();
    }
}

std::optional<Pattern> read_pattern(Table& table) {
    const auto text = table.text("pattern", Word::any, Need::optional);
    if (!text)
        return std::nullopt;
    auto parsed = Pattern::parse(text->value);
    if (!parsed.pattern) {
        const bool syntax = parsed.fault.kind == Pattern::Fault::Kind::syntax;
        table.diagnostics().add(
            {.code = code::malformed,
             .what = msg(syntax ? N_("this pattern is not understood from here on")
                                : N_("this pattern is too large")),
             .where = part_of(text->where, text->value, parsed.fault.offset, 1),
             .hints = {
                 msg(N_("patterns know literals, [A-Z0-9], \\d, ( | ), and the repeats ? * + and {n,m}, for "
                        "example [A-Z]{2}[0-9]{8}"))}});
    }
    return parsed.pattern;
}

Intake read_intake(Table& table) {
    Intake intake;
    if (auto key = table.text("key", Word::key, Need::required))
        intake.key = std::move(*key);
    intake.label = table.local_text("label", Need::required);
    intake.where = table.local_text("where", Need::optional);
    intake.pattern = read_pattern(table);
    if (const auto kind = table.choice("kind", {"text", "file"}, Need::optional))
        intake.kind = kind->value == "file" ? IntakeKind::file : IntakeKind::text;
    if (const auto secret = table.flag("secret")) {
        intake.secret = secret->value;
        if (intake.secret && intake.kind == IntakeKind::file)
            table.diagnostics().add(
                {.code = code::malformed,
                 .what = msg(N_("the path of a file is no secret")),
                 .where = secret->where,
                 .hints = {msg(N_("remove secret = true; the file itself is always kept secret"))}});
    }
    intake.required = table.flag("required").value_or(Located<bool>{.value = true, .where = {}}).value;
    table.finish();
    return intake;
}

void read_intakes(Table& root, Provider& provider) {
    for (auto& table : root.tables("intake", most_intakes)) {
        auto intake = read_intake(table);
        if (provider.find_intake(intake.key.value) != nullptr && !intake.key.value.empty())
            root.diagnostics().add({.code = code::duplicate,
                                    .what = msg(N_("{value} is listed twice"), {{"value", intake.key.value}}),
                                    .where = intake.key.where,
                                    .hints = {}});
        provider.intake.push_back(std::move(intake));
    }
}

std::vector<Located<ipsec::Proposal>> read_proposals(Table& table, ipsec::Protocol protocol) {
    std::vector<Located<ipsec::Proposal>> proposals;
    for (const auto& text : table.texts("proposals", Word::any, Need::required, most_proposals))
        if (auto proposal = check_proposal(text, protocol, table.diagnostics()))
            proposals.push_back({.value = std::move(*proposal), .where = text.where});
    return proposals;
}

void read_ike(Table& root, Provider& provider) {
    auto table = root.table("ike", Need::required);
    if (!table)
        return;
    refuse_ikev1(*table);
    for (auto& gateway : table->texts("gateways", Word::any, Need::required, most_gateways))
        if (check_host_template(gateway, "ike.gateways", provider, root.diagnostics()))
            provider.gateways.push_back(std::move(gateway));
    provider.ike_proposals = read_proposals(*table, ipsec::Protocol::ike);
    if (auto local = table->table("local", Need::required))
        provider.local = read_local_auth(*local, provider);
    if (auto remote = table->table("remote", Need::required))
        provider.remote = read_remote_auth(*remote, provider);
    check_auth_combination(provider, root.diagnostics());
    table->finish();
}

void check_outside_remote_ts(const Provider& provider, base::Diagnostics& diagnostics) {
    std::vector<net::Prefix> negotiated;
    negotiated.reserve(provider.remote_ts.size());
    for (const auto& prefix : provider.remote_ts)
        negotiated.push_back(prefix.value);
    for (const auto& destination : provider.destinations)
        if (!net::covers(negotiated, destination.value))
            diagnostics.add({.code = code::outside_remote_ts,
                             .what = msg(N_("{prefix} is not within remote_ts ({remote_ts})"),
                                         {{"prefix", destination.value.text()},
                                          {"remote_ts", shown(net::text_of(negotiated))}}),
                             .where = destination.where,
                             .hints = {}});
}

void read_child(Table& root, Provider& provider) {
    auto table = root.table("child", Need::required);
    if (!table)
        return;
    auto& diagnostics = root.diagnostics();
    provider.esp_proposals = read_proposals(*table, ipsec::Protocol::esp);
    if (const auto address = table->choice("address", {"assigned", "routed"}, Need::optional))
        provider.address = address->value == "routed" ? AddressMode::routed : AddressMode::assigned;
    provider.remote_ts = check_prefixes(table->texts("remote_ts", Word::any, Need::required, most_remote_ts),
                                        "child.remote_ts", diagnostics);
    const auto destinations = table->texts("destinations", Word::any, Need::optional, most_destinations);
    provider.destinations = check_prefixes(destinations, "child.destinations", diagnostics);
    if (destinations.empty())
        provider.destinations = provider.remote_ts;
    check_destinations(provider.destinations, diagnostics);
    if (!provider.remote_ts.empty())
        check_outside_remote_ts(provider, diagnostics);
    table->finish();
}

void read_dns(Table& root, Provider& provider) {
    auto table = root.table("dns", Need::required);
    if (!table)
        return;
    for (const auto& text : table->texts("servers", Word::any, Need::required, most_dns_servers))
        if (const auto address = check_address(text, "dns.servers", root.diagnostics()))
            provider.dns_servers.push_back({.value = *address, .where = text.where});
    const PublicSuffixes suffixes;
    for (auto& domain : table->texts("domains", Word::domain, Need::optional, most_domains))
        if (check_domain(domain, suffixes, root.diagnostics()))
            provider.domains.push_back(std::move(domain));
    table->finish();
}

/// What must be told apart by address: questions go into the tunnel, the tunnel's own packets do not.
void check_places(const Provider& provider, base::Diagnostics& diagnostics) {
    const auto inside = [&](const net::Address& address) {
        return std::ranges::any_of(provider.destinations, [&](const auto& destination) {
            return destination.value.contains(address);
        });
    };
    for (const auto& server : provider.dns_servers)
        if (!provider.destinations.empty() && !inside(server.value))
            diagnostics.add({.code = code::dns_outside,
                             .what = msg(N_("the DNS server {address} is not within the destinations"),
                                         {{"address", server.value.text()}}),
                             .where = server.where,
                             .hints = {}});
    for (const auto& gateway : provider.gateways)
        if (const auto address = net::Address::parse(gateway.value); address && inside(*address))
            diagnostics.add({.code = code::gateway_inside,
                             .what = msg(N_("the gateway {address} is within the destinations"),
                                         {{"address", address->text()}}),
                             .where = gateway.where,
                             .hints = {}});
}

} // namespace

const Intake* Provider::find_intake(std::string_view key) const {
    const auto found = std::ranges::find(intake, key, [](const Intake& one) { return one.key.value; });
    return found == intake.end() ? nullptr : &*found;
}

std::optional<Provider> read_provider(Document& document, base::Diagnostics& diagnostics) {
    if (document.root() == nullptr)
        return std::nullopt;
    base::Diagnostics found;
    Provider provider;
    provider.file = document.file();
    Table root(*document.root(), "", found);
    if (check_schema(root)) {
        if (auto id = root.text("id", Word::id, Need::required))
            provider.id = std::move(*id);
        if (const auto revision =
                root.number("revision", 1, std::numeric_limits<std::int32_t>::max(), Need::required))
            provider.revision = static_cast<std::uint32_t>(revision->value);
        if (auto network = root.text("network", Word::id, Need::required))
            provider.network = std::move(*network);
        refuse_ikev1(root);
        read_who(root, provider);
        read_intakes(root, provider);
        read_ike(root, provider);
        read_child(root, provider);
        read_dns(root, provider);
        check_places(provider, found);
        root.finish();
    }
    hide_secrets(provider, document);
    const bool good = !found.has_errors();
    diagnostics.merge(std::move(found));
    return good ? std::optional(std::move(provider)) : std::nullopt;
}

} // namespace eligate::profile
