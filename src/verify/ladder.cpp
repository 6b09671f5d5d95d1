// SPDX-License-Identifier: Apache-2.0
#include "verify/ladder.hpp"

#include "verify/rungs.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace eligate::verify {
namespace {

/// A name that some server behind the tunnel should know, for questions where any answer will do.
std::string sample_name(const profile::Settled& settled) {
    for (const auto& service : settled.services)
        for (const auto& check : service.checks)
            if (const auto* const dns = std::get_if<profile::DnsCheck>(&check))
                return dns->name;
    return settled.domains.empty() ? "localhost" : settled.domains.front();
}

ScenePtr scene_for(const profile::Settled& settled, const Expectation& expectation, const Ports& ports) {
    return std::make_shared<Scene>(Wanted{.gateways = settled.gateways,
                                          .ike_proposals = settled.ike_proposals,
                                          .address = settled.address,
                                          .remote_ts = settled.remote_ts,
                                          .destinations = settled.destinations,
                                          .dns_servers = settled.dns_servers,
                                          .lan_prefixes = settled.lan_prefixes,
                                          .sample_name = sample_name(settled),
                                          .domains = settled.domains,
                                          .places = settled.places,
                                          .place_is_named = settled.place_is_named},
                                   expectation, ports);
}

/// All checks of one kind, in the services' order.
template <class Kind>
std::vector<Kind> all_of(const profile::Settled& settled) {
    std::vector<Kind> found;
    for (const auto& service : settled.services)
        for (const auto& check : service.checks)
            if (const auto* const one = std::get_if<Kind>(&check))
                found.push_back(*one);
    return found;
}

class Services {
  public:
    Services(const ScenePtr& scene, const profile::Settled& settled, std::vector<Rung>& ladder)
        : m_scene(scene)
        , m_settled(settled)
        , m_ladder(ladder) {}

    void add() {
        add_dns();
        for (const auto& check : all_of<profile::NtpCheck>(m_settled))
            add_host(ntp_rung(m_scene, check), check.host, 123);
        for (const auto& check : all_of<profile::ProxyCheck>(m_settled))
            add_host(proxy_rung(m_scene, check, example()), check.host, check.port);
        for (const auto& check : all_of<profile::TcpCheck>(m_settled))
            add_host(tcp_rung(m_scene, check), check.host, check.port);
        for (const auto& check : all_of<profile::TlsCheck>(m_settled))
            add_host(tls_rung(m_scene, check), check.host, check.port);
    }

  private:
    /// Several services may test one name; the stricter question is asked once.
    void add_dns() {
        std::vector<profile::DnsCheck> checks;
        for (const auto& check : all_of<profile::DnsCheck>(m_settled)) {
            const auto same = std::ranges::find(checks, check.name, &profile::DnsCheck::name);
            if (same == checks.end())
                checks.push_back(check);
            else
                same->large_reply = same->large_reply || check.large_reply;
        }
        for (const auto& check : checks) {
            m_ladder.push_back(dns_rung(m_scene, check));
            m_names.insert(check.name);
        }
    }

    /// `rung.id` is "kind.host"; a second port of the same host makes it "kind.host:port".
    void add_host(Rung rung, const std::string& host, std::uint16_t port) {
        const auto [known, is_new] = m_ports.emplace(rung.id, port);
        if (!is_new && known->second == port)
            return;
        if (!is_new) {
            rung.id += ":" + std::to_string(port);
            if (!m_ports.emplace(rung.id, port).second)
                return;
        }
        if (m_names.contains(host))
            rung.needs.push_back("dns." + host);
        m_ladder.push_back(std::move(rung));
    }

    std::string example() const {
        const auto checks = all_of<profile::TlsCheck>(m_settled);
        return checks.empty() ? "" : checks.front().host + ":" + std::to_string(checks.front().port);
    }

    const ScenePtr& m_scene;
    const profile::Settled& m_settled;
    std::vector<Rung>& m_ladder;
    std::set<std::string> m_names;
    std::map<std::string, std::uint16_t> m_ports;
};

} // namespace

std::vector<Rung> build_ladder(const profile::Settled& settled, const Expectation& expectation,
                               const Ports& ports) {
    const auto scene = scene_for(settled, expectation, ports);
    std::vector<Rung> ladder{link_wan(scene),       clock_rung(scene),      gateway_resolve(scene),
                             gateway_reach(scene),  ike_established(scene), child_installed(scene),
                             child_selectors(scene)};
    // Where the LAN itself is in the selectors, nobody assigns an address.
    if (settled.address == profile::AddressMode::assigned)
        ladder.push_back(address_assigned(scene));
    for (auto* const make : {route_destinations, route_default, firewall_loaded, esp_both_ways, mtu_path})
        ladder.push_back(make(scene));
    Services(scene, settled, ladder).add();
    add_lan_rungs(
        scene,
        [&settled](const ScenePtr& from) {
            std::vector<Rung> rungs;
            Services(from, settled, rungs).add();
            return rungs;
        },
        ladder);
    return ladder;
}

std::vector<Rung> build_preflight(const profile::Settled& settled, const Expectation& expectation,
                                  const Ports& ports) {
    Ports without_sas = ports;
    without_sas.list_sas = nullptr;
    const auto scene = scene_for(settled, expectation, without_sas);
    return {link_wan(scene), clock_rung(scene), gateway_resolve(scene), gateway_reach(scene)};
}

} // namespace eligate::verify
