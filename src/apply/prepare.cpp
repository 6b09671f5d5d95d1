// SPDX-License-Identifier: Apache-2.0
#include "apply/prepare.hpp"

#include <algorithm>
#include <utility>

namespace eligate::apply {
namespace {

using base::Result;

/// kernel-libipsec's TUN device has a fixed MTU of 1400 (kernel_libipsec_router.c, 5.9.8); a path below it
/// works too, down to what IPv4 TCP needs on the worst line in use (DS-Lite behind PPPoE).
constexpr unsigned userspace_mtu = 1400;
constexpr unsigned smallest_usable_mtu = 1280;

/// Whether the tunnel's device has an address that no SA of ours was assigned.
Result<bool> is_shared(const Surroundings& surroundings) {
    ELIGATE_TRY_ASSIGN(const auto link, surroundings.ports.links.link(appliance::userspace_tunnel_interface));
    if (!link)
        return false;
    ELIGATE_TRY_ASSIGN(const auto sas, surroundings.charon.list_sas());
    return std::ranges::any_of(link->addresses, [&](const net::Address& address) {
        return address.family() == net::Family::ipv4 && std::ranges::none_of(sas, [&](const vici::IkeSa& sa) {
                   return sa.name.starts_with(appliance::connection_prefix) &&
                          std::ranges::find(sa.local_vips, address.text()) != sa.local_vips.end();
               });
    });
}

Result<appliance::Facts> look(const profile::Settled& settled, const Surroundings& surroundings) {
    appliance::Facts facts;
    auto& links = surroundings.ports.links;
    ELIGATE_TRY_ASSIGN(const auto route, links.default_route());
    if (route)
        facts.default_route_interface = route->interface;
    const auto exists = [&](const std::string& name) -> Result<bool> {
        if (name.empty())
            return true;
        ELIGATE_TRY_ASSIGN(const auto link, links.link(name));
        return link.has_value();
    };
    ELIGATE_TRY_ASSIGN(facts.wan_exists, exists(settled.wan_interface));
    ELIGATE_TRY_ASSIGN(facts.lan_exists, exists(settled.lan_interface));
    ELIGATE_TRY_ASSIGN(const auto stats, surroundings.charon.stats());
    facts.userspace_dataplane = stats.has_plugin("kernel-libipsec");
    ELIGATE_TRY_ASSIGN(facts.tunnel_device_shared, is_shared(surroundings));
    return facts;
}

} // namespace

Result<Prepared> prepare(const profile::Settled& settled, const Surroundings& surroundings) {
    ELIGATE_TRY_ASSIGN(const auto facts, look(settled, surroundings));
    ELIGATE_TRY_ASSIGN(const auto desired, appliance::desired_state(settled, facts, surroundings.templates));
    ELIGATE_TRY_ASSIGN(auto listing, surroundings.canonical_firewall(desired.firewall_text));
    Prepared prepared{.desired = appliance::with_firewall(desired, listing), .expectation = {}};
    prepared.expectation = {.wan_interface = desired.wan_interface,
                            .tunnel_interface = desired.tunnel_interface,
                            .connection_prefix = appliance::connection_prefix,
                            .child_name = appliance::child_name,
                            .mtu_low = smallest_usable_mtu,
                            .mtu_high = userspace_mtu,
                            .firewall_table = "inet eligate",
                            .firewall_as_wanted = [listing = std::move(listing),
                                                   listed = surroundings.listed_firewall]() -> Result<bool> {
                                ELIGATE_TRY_ASSIGN(const auto stands, listed());
                                return stands == listing;
                            }};
    return prepared;
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
            .preflight = [rungs = std::move(preflight), &observer,
                          &cancel] { return verify::climb(rungs, observer, cancel); },
            .prove =
                [rungs = std::move(ladder), &observer, &cancel](const verify::Report& known) {
                    return verify::climb(rungs, observer, cancel, known.checks);
                }};
}

} // namespace eligate::apply
