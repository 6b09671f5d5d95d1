// SPDX-License-Identifier: Apache-2.0
#include "appliance/dataplane.hpp"

#include "catalog/catalog.hpp"
#include "ipsec/overhead.hpp"

#include <algorithm>

namespace eligate::appliance {
namespace {

using base::msg;
using profile::Dataplane;
namespace code = catalog::code;

/// Ethernet: an interface that takes more says nothing about the internet behind it.
constexpr unsigned usual_mtu = 1500;

base::Evidence evidence_of(const Facts& facts) {
    base::Evidence evidence{{"plugin kernel-libipsec", facts.userspace_dataplane ? "loaded" : "not loaded"}};
    if (!facts.kernel_xfrm)
        evidence.emplace_back("kernel", facts.kernel_lacks);
    return evidence;
}

base::Unexpected unsupported(const base::Message& what, const Facts& facts) {
    return base::fail(code::dataplane_unsupported, what, evidence_of(facts));
}

base::Result<Dataplane> as_asked(Dataplane asked, const Facts& facts) {
    if (asked == Dataplane::userspace && !facts.userspace_dataplane)
        return unsupported(msg(N_("site.toml asks for the dataplane {name}, but strongSwan runs without its "
                                  "plugin {plugin}"),
                               {{"name", "userspace"}, {"plugin", "kernel-libipsec"}}),
                           facts);
    if (asked == Dataplane::xfrm && facts.userspace_dataplane)
        return unsupported(msg(N_("site.toml asks for the dataplane {name}, but strongSwan's plugin {plugin} "
                                  "takes all tunnels"),
                               {{"name", "xfrm"}, {"plugin", "kernel-libipsec"}}),
                           facts);
    if (asked == Dataplane::xfrm && !facts.kernel_xfrm)
        return unsupported(
            msg(N_("site.toml asks for the dataplane {name}, but this kernel does not have it"),
                {{"name", "xfrm"}}),
            facts);
    return asked;
}

} // namespace

base::Result<Dataplane> choose_dataplane(const profile::Settled& settled, const Facts& facts) {
    if (settled.dataplane != Dataplane::automatic)
        return as_asked(settled.dataplane, facts);
    if (facts.userspace_dataplane)
        return Dataplane::userspace;
    if (facts.kernel_xfrm)
        return Dataplane::xfrm;
    return base::fail(code::dataplane_missing,
                      msg(N_("neither this kernel nor strongSwan's plugin {plugin} carries IPsec"),
                          {{"plugin", "kernel-libipsec"}}),
                      evidence_of(facts));
}

void add_shut_way(plan::State& state, const profile::Settled& settled) {
    for (const auto& destination : settled.destinations)
        plan::put(state, plan::Route{.table = routing_table,
                                     .destination = destination,
                                     .type = plan::RouteType::unreachable,
                                     .device = "",
                                     .metric = unreachable_metric});
    plan::put(state, plan::Rule{.priority = rule_priority + 1,
                                .action = plan::RuleAction::lookup,
                                .to = std::nullopt,
                                .target = routing_table,
                                .suppress_prefixlength = std::nullopt});
}

TunnelMtu tunnel_mtu(const OuterPath& path, const std::vector<ipsec::Proposal>& proposals) {
    const auto inner = [&](unsigned outer) {
        return ipsec::inner_mtu(outer, path.ipv6 ? ipsec::ipv6_header : ipsec::ipv4_header, proposals);
    };
    if (path.measured)
        return {.mtu = inner(*path.measured),
                .origin = msg(N_("measured: packets of {size} bytes reach the gateway"),
                              {{"size", std::to_string(*path.measured)}})};
    if (path.standing_tunnel_mtu)
        return {.mtu = *path.standing_tunnel_mtu,
                .origin = msg(N_("kept: the way to the gateway cannot be measured now"))};
    const unsigned outer = path.wan_mtu == 0 ? usual_mtu : std::min(path.wan_mtu, usual_mtu);
    return {.mtu = inner(outer),
            .origin =
                msg(N_("taken from the WAN's {size} bytes: the way to the gateway cannot be measured now"),
                    {{"size", std::to_string(outer)}})};
}

} // namespace eligate::appliance
