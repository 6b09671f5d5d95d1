// SPDX-License-Identifier: Apache-2.0
#include "profile/settle.hpp"

#include "base/ascii.hpp"
#include "base/suggest.hpp"
#include "catalog/catalog.hpp"
#include "profile/table.hpp"
#include "profile/utf8.hpp"
#include "profile/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <string_view>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

template <class T>
std::vector<T> values_of(const std::vector<Located<T>>& located) {
    std::vector<T> values;
    values.reserve(located.size());
    for (const auto& one : located)
        values.push_back(one.value);
    return values;
}

class Settling {
  public:
    Settling(const Authors& authors, const PaperFiles& files, base::Diagnostics& diagnostics,
             std::vector<base::SourceSpan>& to_hide)
        : m_provider(authors.provider)
        , m_network(authors.network)
        , m_site(authors.site)
        , m_files(files)
        , m_diagnostics(diagnostics)
        , m_papers(authors.provider, authors.site, authors.secrets, diagnostics, to_hide) {}

    std::optional<Settled> run() {
        copy_what_is_said();
        settle_gateways();
        const bool identified = settle_identities();
        auto credential = settle_credential(m_provider.local, identified ? &m_settled.local.id : nullptr,
                                            m_papers, m_files, m_diagnostics);
        m_settled.gateway_authorities =
            settle_authorities(m_provider.remote, m_papers, m_files, m_diagnostics);
        settle_services();
        check_site_addresses();
        check_line();
        settle_places();
        if (!identified || !credential)
            return std::nullopt;
        m_settled.credential = std::move(*credential);
        return std::move(m_settled);
    }

  private:
    void copy_what_is_said();
    void settle_gateways();
    bool settle_identities();
    std::optional<ipsec::Identity> settle_identity(const Template& from, std::string_view key);
    void settle_services();
    void check_site_addresses();
    void check_overlap(const std::vector<Located<net::Prefix>>& own);
    void check_line();
    void settle_places();

    const Provider& m_provider;
    const Network* m_network;
    const Site& m_site;
    const PaperFiles& m_files;
    base::Diagnostics& m_diagnostics;
    Papers m_papers;
    Settled m_settled;
};

void Settling::copy_what_is_said() {
    m_settled.profile_id = m_provider.id.value;
    m_settled.revision = m_provider.revision;
    m_settled.provider_name = m_provider.name;
    m_settled.support = m_provider.support;
    m_settled.network_id = m_provider.network.value;
    m_settled.ike_proposals = values_of(m_provider.ike_proposals);
    m_settled.esp_proposals = values_of(m_provider.esp_proposals);
    m_settled.address = m_provider.address;
    m_settled.remote_ts = values_of(m_provider.remote_ts);
    m_settled.destinations = values_of(m_provider.destinations);
    m_settled.dns_servers = values_of(m_provider.dns_servers);
    m_settled.clinic = m_site.clinic;
    m_settled.line = m_site.line.value;
    m_settled.wan_interface = m_site.wan_interface.value;
    m_settled.lan_interfaces = values_of(m_site.lan.interfaces);
    m_settled.lan_prefixes = values_of(m_site.lan.prefixes);
    m_settled.terminals = values_of(m_site.lan.terminals);
    // A profile names its DNS servers and a network file its domains, or they are told: there is something to
    // forward.
    if (const auto& forwarder = m_site.lan.forwarder)
        m_settled.forwarder = {.other = forwarder->other_by_line ? OtherNames::line : OtherNames::refuse};
    m_settled.dataplane = m_site.dataplane;
    const auto add_domain = [&](const std::string& domain) {
        auto lower = base::lowered(domain);
        if (std::ranges::find(m_settled.domains, lower) == m_settled.domains.end())
            m_settled.domains.push_back(std::move(lower));
    };
    if (m_network != nullptr) {
        m_settled.network_name = m_network->name;
        for (const auto& domain : m_network->domains)
            add_domain(domain.name.value);
    }
    for (const auto& domain : m_provider.domains)
        add_domain(domain.value);
}

void Settling::settle_gateways() {
    for (const auto& from : m_provider.gateways) {
        auto gateway = m_papers.filled(from);
        if (!gateway || !check_word(*gateway, Word::host, "ike.gateways", m_diagnostics))
            continue;
        const auto address = net::Address::parse(gateway->value);
        const bool inside =
            address && std::ranges::any_of(m_settled.destinations, [&](const net::Prefix& destination) {
                return destination.contains(*address);
            });
        if (inside)
            m_diagnostics.add({.code = code::gateway_inside,
                               .what = msg(N_("the gateway {address} is within the destinations"),
                                           {{"address", address->text()}}),
                               .where = gateway->where,
                               .hints = {}});
        m_settled.gateways.push_back(std::move(gateway->value));
    }
}

std::optional<ipsec::Identity> Settling::settle_identity(const Template& from, std::string_view key) {
    const auto filled = m_papers.filled(from);
    return filled ? check_identity(*filled, key, m_diagnostics) : std::nullopt;
}

bool Settling::settle_identities() {
    auto local = settle_identity(m_provider.local.id, "ike.local.id");
    auto remote = settle_identity(m_provider.remote.id, "ike.remote.id");
    m_settled.local.method = m_provider.local.method;
    m_settled.remote.method = m_provider.remote.method;
    if (!m_provider.local.eap_id.value.empty())
        if (const auto eap_id = m_papers.filled(m_provider.local.eap_id);
            eap_id && check_eap_id(*eap_id, m_diagnostics))
            m_settled.local.eap_id = eap_id->value;
    if (!local || !remote)
        return false;
    if (*local == *remote)
        m_diagnostics.add(
            {.code = code::duplicate,
             .what = msg(N_("both sides have the identity {identity}"), {{"identity", local->value()}}),
             .where = m_provider.local.id.where,
             .hints = {}});
    m_settled.local.id = std::move(*local);
    m_settled.remote.id = std::move(*remote);
    return true;
}

void Settling::settle_services() {
    if (m_network == nullptr)
        return;
    std::vector<std::string_view> known;
    known.reserve(m_network->services.size());
    for (const auto& service : m_network->services)
        known.push_back(service.id.value);
    for (const auto& wanted : m_site.services) {
        if (std::ranges::find(known, wanted.id.value) != known.end())
            continue;
        base::Diagnostic fault{.code = code::service_unknown,
                               .what = msg(N_("the network {network} has no service {service}"),
                                           {{"network", m_network->id.value}, {"service", wanted.id.value}}),
                               .where = wanted.id.where,
                               .hints = {}};
        if (const auto meant = base::nearest(wanted.id.value, known))
            fault.hints.push_back(msg(N_("did you mean {word}?"), {{"word", std::string(*meant)}}));
        else
            fault.hints.push_back(
                msg(N_("known here: {words}"), {{"words", fmt::format("{}", fmt::join(known, ", "))}}));
        m_diagnostics.add(std::move(fault));
    }
    bool tested = false;
    bool open = false;
    std::set<Port> ports;
    for (const auto& service : m_network->services) {
        const auto wanted = std::ranges::find(m_site.services, service.id.value,
                                              [](const SiteService& one) { return one.id.value; });
        if (wanted == m_site.services.end() || !wanted->used)
            continue;
        Service settled{.id = service.id.value, .name = service.name, .checks = {}};
        for (const auto& check : service.checks)
            settled.checks.push_back(check.check);
        tested = tested || !settled.checks.empty();
        m_settled.services.push_back(std::move(settled));
        open = open || service.ports.empty();
        for (const auto& port : service.ports)
            ports.insert(port.value);
    }
    if (!open)
        m_settled.ports.assign(ports.begin(), ports.end());
    // Beside a real fault it would only distract.
    if (!tested && !m_diagnostics.has_errors())
        m_diagnostics.add(
            {.severity = base::Severity::warning,
             .code = code::no_service,
             .what =
                 msg(N_("no service is switched on that could be tested; only the tunnel will be proven")),
             .where = m_site.services_where,
             .hints = {msg(N_("under [services]: {words}"),
                           {{"words", fmt::format("{} = true", fmt::join(known, " = true, "))}})}});
}

/// Each place once, however many prefixes are written there.
void Settling::check_overlap(const std::vector<Located<net::Prefix>>& own) {
    const base::SourceSpan* reported = nullptr;
    for (const auto& one : own) {
        const auto destination = std::ranges::find_if(
            m_settled.destinations, [&](const net::Prefix& other) { return other.overlaps(one.value); });
        if (destination == m_settled.destinations.end() || (reported != nullptr && *reported == one.where))
            continue;
        reported = &one.where;
        m_diagnostics.add(
            {.code = code::overlap,
             .what = msg(N_("{own} overlaps with the tunnel's destination {destination}"),
                         {{"own", short_text(one.value)}, {"destination", destination->text()}}),
             .where = one.where,
             .hints = {msg(N_("the clinic's LAN needs other addresses than the eligibility network"))}});
    }
}

void Settling::check_site_addresses() {
    check_overlap(m_site.lan.terminals);
    check_overlap(m_site.lan.prefixes);
    if (const auto& probe = m_site.lan.probe)
        check_overlap({{.value = net::Prefix(probe->value), .where = probe->where}});
    if (m_settled.address != AddressMode::routed)
        return;
    m_settled.local_ts = m_settled.lan_prefixes.empty() ? m_settled.terminals : m_settled.lan_prefixes;
    if (m_settled.local_ts.empty())
        m_diagnostics.add(
            {.code = code::terminals_missing,
             .what = msg(N_("this provider routes the clinic's own addresses, and [lan] names none")),
             .where = m_site.intake_where,
             .hints = {msg(N_("under [lan]: prefix = \"192.168.1.0/24\", as agreed with the provider"))}});
    if (const auto& probe = m_site.lan.probe;
        probe && !m_settled.local_ts.empty() && !net::covers(m_settled.local_ts, net::Prefix(probe->value)))
        m_diagnostics.add(
            {.code = code::malformed,
             .what =
                 msg(N_("lan.probe {address} is not among the addresses that are agreed with the provider"),
                     {{"address", probe->value.text()}}),
             .where = probe->where,
             .hints = {}});
}

void Settling::settle_places() {
    if (const auto& probe = m_site.lan.probe) {
        m_settled.places = {probe->value};
        m_settled.place_is_named = true;
        // Named to be looked from, it may use the tunnel.
        if (!net::covers(m_settled.terminals, net::Prefix(probe->value)))
            m_settled.terminals.emplace_back(probe->value);
        return;
    }
    // The last ones first: DHCP and people give out the low ones first. Of each in turn: one of them may lie
    // behind another router.
    constexpr std::size_t most = 32;
    std::vector<std::vector<net::Address>> hosts;
    for (const auto& terminals : m_settled.terminals | std::views::reverse)
        hosts.push_back(net::last_addresses(terminals, most));
    for (std::size_t turn = 0; turn < most; ++turn)
        for (const auto& some : hosts)
            if (turn < some.size() && m_settled.places.size() < most &&
                std::ranges::find(m_settled.places, some[turn]) == m_settled.places.end())
                m_settled.places.push_back(some[turn]);
}

void Settling::check_line() {
    if (m_site.line.value != "flets" && m_site.line.value != "collaboration")
        return;
    m_diagnostics.add(
        {.severity = base::Severity::warning,
         .code = code::flets_line,
         .what =
             msg(N_("a FLETS line usually reaches the eligibility network by IP-VPN, without this tunnel")),
         .where = m_site.line.where,
         .hints = {msg(N_("check on the contract which connection method the clinic has applied for"))}});
}

} // namespace

std::optional<Settled> settle(const Authors& authors, const PaperFiles& files, base::Diagnostics& diagnostics,
                              std::vector<base::SourceSpan>& to_hide) {
    return Settling(authors, files, diagnostics, to_hide).run();
}

} // namespace eligate::profile
