// SPDX-License-Identifier: Apache-2.0
/// What carries the tunnel's packets, and what follows from it.
#pragma once

#include "appliance/facts.hpp"
#include "base/message.hpp"
#include "base/result.hpp"
#include "plan/resource.hpp"
#include "profile/settled.hpp"

#include <cstdint>

namespace eligate::appliance {

/// The routing table with the destinations' routes, our mark on every route and rule (rtm_protocol), and the
/// rules' priorities: all before 220, where charon's own rule stands.
inline constexpr std::uint32_t routing_table = 8470;
inline constexpr std::uint8_t routing_protocol = 84;
inline constexpr std::uint32_t rule_priority = 210;
/// Behind the route into the tunnel, for as long as there is none.
inline constexpr std::uint32_t unreachable_metric = 9000;

/// What ties the connection's SAs and policies to our interface.
inline constexpr std::uint32_t xfrm_if_id = 0x8470;

/// Never `automatic`. The site's word wins; otherwise what charon was set up for (its one backend for all
/// tunnels), else the kernel. Errors: dataplane_missing (none is there), dataplane_unsupported (not the one
/// that the site asks for).
base::Result<profile::Dataplane> choose_dataplane(const profile::Settled& settled, const Facts& facts);

/// Both dataplanes': our table is asked for everything, and a destination without a better route is
/// unreachable.
void add_shut_way(plan::State& state, const profile::Settled& settled);
/// kernel-libipsec's device: its route comes and goes with the CHILD_SA, ours only lead there.
void add_userspace_routing(plan::State& state, const profile::Settled& settled);
/// Our interface: our routes, which stand whatever the tunnel does.
void add_xfrm_routing(plan::State& state, const profile::Settled& settled, const Facts& facts);

struct TunnelMtu {
    /// Bytes of an inner packet.
    unsigned mtu = 0;
    /// Where it comes from, for a person.
    base::Message origin = {};
};

/// From the path if that was measured; else what stands; else from the WAN interface.
TunnelMtu tunnel_mtu(const OuterPath& path, const std::vector<ipsec::Proposal>& proposals);

} // namespace eligate::appliance
