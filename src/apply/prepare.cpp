// SPDX-License-Identifier: Apache-2.0
#include "apply/prepare.hpp"

#include "apply/forwarder_snippet.hpp"
#include "apply/notes.hpp"
#include "apply/path_mtu.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace eligate::apply {
namespace {

using base::Result;

/// kernel-libipsec's device is made with 1400 bytes; a path below it works too, down to what IPv4 TCP needs
/// on the worst line in use (DS-Lite behind PPPoE).
constexpr unsigned userspace_mtu = 1400;
constexpr unsigned smallest_usable_mtu = 1280;

/// Larger packets than Ethernet's do not cross the internet.
constexpr unsigned usual_mtu = 1500;

enum class Sharing { none, others, nobodys_address };

Result<Sharing> look_at_sharing(const Surroundings& surroundings) {
    ELIGATE_TRY_ASSIGN(const auto link, surroundings.ports.links.link(appliance::userspace_tunnel_interface));
    if (!link)
        return Sharing::none;
    ELIGATE_TRY_ASSIGN(const auto sas, surroundings.charon.list_sas());
    auto sharing = Sharing::none;
    for (const auto& address : link->addresses) {
        if (address.family() != net::Family::ipv4)
            continue;
        const auto holder = std::ranges::find_if(sas, [&](const vici::IkeSa& sa) {
            return std::ranges::find(sa.local_vips, address.text()) != sa.local_vips.end();
        });
        if (holder == sas.end())
            sharing = Sharing::nobodys_address;
        else if (!holder->name.starts_with(appliance::connection_prefix))
            return Sharing::others;
    }
    return sharing;
}

/// Whether the tunnel's device has an address that no SA of ours was assigned. charon takes an SA's address
/// away a moment after the SA: one that belongs to nobody is looked at again before it counts as somebody's.
Result<bool> is_shared(const Surroundings& surroundings) {
    constexpr std::chrono::milliseconds interval(20);
    constexpr std::chrono::milliseconds to_go(2000);
    const auto deadline = std::chrono::steady_clock::now() + to_go;
    while (true) {
        ELIGATE_TRY_ASSIGN(const auto sharing, look_at_sharing(surroundings));
        if (sharing != Sharing::nobodys_address || std::chrono::steady_clock::now() >= deadline)
            return sharing != Sharing::none;
        std::this_thread::sleep_for(interval);
    }
}

using profile::Dataplane;

std::optional<net::Address> first_within(const std::vector<net::Address>& addresses,
                                         const std::vector<net::Prefix>& prefixes) {
    const auto found = std::ranges::find_if(addresses, [&](const net::Address& address) {
        return std::ranges::any_of(prefixes,
                                   [&](const net::Prefix& prefix) { return prefix.contains(address); });
    });
    return found == addresses.end() ? std::nullopt : std::optional(*found);
}

/// By which of its addresses the appliance is known to the terminals: the kernel's own choice for an answer.
/// charon puts an assigned address on the WAN's interface, which may be the LAN's, too.
Result<std::vector<net::Address>> addresses_for(const profile::Settled& settled, const std::string& wan,
                                                port::Links& links) {
    auto interfaces = settled.lan_interfaces;
    if (interfaces.empty())
        interfaces = {wan};
    std::vector<net::Address> addresses;
    const auto add = [&](const net::Address& own) {
        if (std::ranges::find(addresses, own) == addresses.end())
            addresses.push_back(own);
    };
    const auto ask = [&](net::Address terminal) -> Result<bool> {
        ELIGATE_TRY_ASSIGN(auto route, links.route_to(terminal));
        // Somebody looks from there just now (lan.forwarding). Its neighbour is on the same LAN.
        if (route.interface.starts_with(port::place_prefix)) {
            auto bytes = std::vector<std::uint8_t>(terminal.bytes().begin(), terminal.bytes().end());
            bytes.back() ^= 1U;
            terminal = net::Address::from_bytes(bytes).value_or(terminal);
            ELIGATE_TRY_ASSIGN(route, links.route_to(terminal));
        }
        const bool here = std::ranges::find(interfaces, route.interface) != interfaces.end();
        const auto own = route.type == port::RouteType::unicast && here ? route.source : std::nullopt;
        if (own)
            add(*own);
        return own.has_value();
    };
    for (const auto& terminals : settled.terminals) {
        // Of a whole network its last host stands for all, or the one before where that is us.
        bool found = false;
        for (const auto& host : net::last_hosts(terminals, 2)) {
            ELIGATE_TRY_ASSIGN(const bool known, ask(host));
            found |= known;
        }
        if (found)
            continue;
        // Wider than any network that we are in: by the addresses that we have in it.
        for (const auto& name : interfaces) {
            ELIGATE_TRY_ASSIGN(const auto lan, links.link(name));
            for (const auto& own : lan ? lan->addresses : std::vector<net::Address>{})
                if (terminals.contains(own))
                    add(own);
        }
    }
    return addresses;
}

/// The interfaces that the site file names, and those that follow from them.
Result<> look_at_links(const profile::Settled& settled, port::Links& links, appliance::Facts& facts) {
    ELIGATE_TRY_ASSIGN(const auto route, links.default_route());
    if (route)
        facts.default_route_interface = route->interface;
    const auto wan = settled.wan_interface.empty() ? facts.default_route_interface : settled.wan_interface;
    if (!wan.empty()) {
        ELIGATE_TRY_ASSIGN(const auto link, links.link(wan));
        facts.wan_exists = link.has_value() || settled.wan_interface.empty();
        facts.path.wan_mtu = link ? link->mtu : 0;
    }
    for (const auto& name : settled.lan_interfaces) {
        ELIGATE_TRY_ASSIGN(const auto lan, links.link(name));
        if (!lan) {
            facts.missing_lan = name;
            return {};
        }
        if (!facts.address_inside)
            facts.address_inside = first_within(lan->addresses, settled.local_ts);
        if (!facts.address_in_destination)
            facts.address_in_destination = first_within(lan->addresses, settled.destinations);
    }
    if (settled.forwarder) {
        ELIGATE_TRY_ASSIGN(facts.lan_addresses, addresses_for(settled, wan, links));
    }
    return {};
}

/// What can carry the tunnel. The kernel is asked only where charon does not decide it.
Result<> look_at_dataplanes(const profile::Settled& settled, const Surroundings& surroundings,
                            appliance::Facts& facts) {
    ELIGATE_TRY_ASSIGN(const auto stats, surroundings.charon.stats());
    facts.userspace_dataplane = stats.has_plugin("kernel-libipsec");
    facts.updown_plugin = stats.has_plugin("updown");
    facts.resolve_plugin = stats.has_plugin("resolve");
    if (facts.userspace_dataplane) {
        ELIGATE_TRY_ASSIGN(facts.tunnel_device_shared, is_shared(surroundings));
        return {};
    }
    if (settled.dataplane == Dataplane::userspace)
        return {};
    ELIGATE_TRY_ASSIGN(auto kernel, surroundings.kernel_ipsec());
    facts.kernel_xfrm = kernel.carries_tunnels();
    facts.kernel_lacks = std::move(kernel.reason);
    return {};
}

Result<> look_at_path(const profile::Settled& settled, const Surroundings& surroundings,
                      appliance::OuterPath& path) {
    const auto& ports = surroundings.ports;
    ELIGATE_TRY_ASSIGN(const auto tunnel, ports.links.link(appliance::xfrm_tunnel_interface));
    if (tunnel)
        path.standing_tunnel_mtu = tunnel->mtu;
    const unsigned largest = path.wan_mtu == 0 ? usual_mtu : std::min(path.wan_mtu, usual_mtu);
    ELIGATE_TRY_ASSIGN(const auto measured,
                       measure_path_mtu(settled.gateways, largest, ports.names, ports.wire));
    path.measured = measured.size;
    path.ipv6 = measured.ipv6;
    return {};
}

Result<appliance::Facts> look(const profile::Settled& settled, const Surroundings& surroundings) {
    appliance::Facts facts;
    ELIGATE_TRY(look_at_links(settled, surroundings.ports.links, facts));
    ELIGATE_TRY(look_at_dataplanes(settled, surroundings, facts));
    const auto dataplane = appliance::choose_dataplane(settled, facts);
    if (dataplane && *dataplane == Dataplane::xfrm)
        ELIGATE_TRY(look_at_path(settled, surroundings, facts.path));
    return facts;
}

} // namespace

Result<Prepared> prepare(const profile::Settled& settled, const Surroundings& surroundings) {
    ELIGATE_TRY_ASSIGN(const auto facts, look(settled, surroundings));
    ELIGATE_TRY_ASSIGN(const auto desired, appliance::desired_state(settled, facts, surroundings.templates));
    ELIGATE_TRY_ASSIGN(auto listing, surroundings.canonical_firewall(desired.firewall_text));
    const bool xfrm = desired.dataplane == Dataplane::xfrm;
    Prepared prepared{.desired = appliance::with_firewall(desired, listing),
                      .expectation = {},
                      .notes = notes_on(settled, facts, desired, surroundings.keeper_of)};
    prepared.expectation = {.wan_interface = desired.wan_interface,
                            .tunnel_interface = desired.tunnel_interface,
                            .connection_prefix = appliance::connection_prefix,
                            .child_name = appliance::child_name,
                            .if_id = xfrm ? appliance::xfrm_if_id : 0,
                            .mtu_low = xfrm ? desired.tunnel_mtu.mtu : smallest_usable_mtu,
                            .mtu_high = xfrm ? desired.tunnel_mtu.mtu : userspace_mtu,
                            .firewall_table = "inet eligate",
                            .firewall_as_wanted = [listing = std::move(listing),
                                                   listed = surroundings.listed_firewall]() -> Result<bool> {
                                ELIGATE_TRY_ASSIGN(const auto stands, listed());
                                return stands == listing;
                            },
                            .lan_interfaces = desired.lan_interfaces,
                            .forwarder = facts.lan_addresses};
    return prepared;
}

std::vector<base::Error> obstacles_to_forwarder(const profile::Settled& settled,
                                                const Surroundings& surroundings) {
    std::vector<base::Error> obstacles;
    if (!settled.forwarder)
        return obstacles;
    if (auto there = surroundings.has_forwarder(); !there)
        obstacles.push_back(std::move(there).error());
    appliance::Facts facts;
    const auto looked = look_at_links(settled, surroundings.ports.links, facts);
    const auto listeners = surroundings.dns_listeners();
    if (!looked || !listeners)
        return obstacles; // the same question stops what comes next
    const auto& own = facts.lan_addresses;
    const auto holder = std::ranges::find_if(*listeners, [&](const port::DnsListener& listener) {
        return !listener.is_ours &&
               (!listener.address || std::ranges::find(own, *listener.address) != own.end());
    });
    if (holder != listeners->end())
        obstacles.push_back(taken_by(*holder, settled).error());
    return obstacles;
}

Goal goal_of(const profile::Settled& settled, const Prepared& prepared, const Surroundings& surroundings,
             verify::Observer& observer, const base::Cancel& cancel) {
    const auto& expectation = prepared.expectation;
    auto preflight = verify::build_preflight(settled, expectation, surroundings.ports);
    auto ladder = verify::build_ladder(settled, expectation, surroundings.ports);
    return {.desired = prepared.desired,
            .profile_id = settled.profile_id,
            .revision = settled.revision,
            .clinic = settled.clinic,
            .notes = prepared.notes,
            .preflight = [rungs = std::move(preflight), &observer,
                          &cancel] { return verify::climb(rungs, observer, cancel); },
            .prove =
                [rungs = std::move(ladder), &observer, &cancel](const verify::Report& known) {
                    return verify::climb(rungs, observer, cancel, known.checks);
                }};
}

} // namespace eligate::apply
