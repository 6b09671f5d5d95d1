// SPDX-License-Identifier: Apache-2.0
#include "appliance/dataplane.hpp"

namespace eligate::appliance {
namespace {

constexpr std::uint32_t tunnel_metric = 100;
/// Where the better route names a source, this one still leads into the tunnel when that address is gone (a
/// LAN without carrier, a network manager that starts anew): the terminals bring their own.
constexpr std::uint32_t sourceless_metric = 200;

plan::Route into_tunnel(const net::Prefix& destination, std::uint32_t metric,
                        const std::optional<net::Address>& source) {
    return {.table = routing_table,
            .destination = destination,
            .type = plan::RouteType::unicast,
            .device = xfrm_tunnel_interface,
            .metric = metric,
            .source = source};
}

} // namespace

// charon installs no route for a child with an if_id (kernel_netlink_ipsec.c, 5.9.8), so table 220 is none of
// our business. What reaches the interface without an SA is dropped there.
void add_xfrm_routing(plan::State& state, const profile::Settled& settled, const Facts& facts) {
    const bool names_source = settled.address == profile::AddressMode::routed && facts.address_inside;
    for (const auto& destination : settled.destinations) {
        // With an assigned address the interface has just that one, and the kernel takes it by itself.
        plan::put(state, into_tunnel(destination, tunnel_metric,
                                     names_source ? facts.address_inside : std::nullopt));
        if (names_source)
            plan::put(state, into_tunnel(destination, sourceless_metric, std::nullopt));
    }
    add_shut_way(state, settled);
}

} // namespace eligate::appliance
