// SPDX-License-Identifier: Apache-2.0
#include "appliance/dataplane.hpp"

#include <algorithm>
#include <iterator>

namespace eligate::appliance {
namespace {

/// Of charon, as Debian builds it: the table of its routes, and the priority of its rule for that table.
constexpr std::uint32_t charon_table = 220;
constexpr std::uint32_t charon_priority = 220;

/// Keeps what is negotiated from capturing more than our destinations. kernel-libipsec puts a route for the
/// whole remote_ts into table 220 (the whole internet, with 0.0.0.0/0) and cannot be told not to (5.9.8). So,
/// for each such prefix: charon's table without that one route, which leaves other connections' routes in
/// force; then over charon's own rule to the next one. Not straight to the main table, since that would jump
/// over other people's rules.
void add_shadow_rules(plan::State& state, const std::vector<net::Prefix>& wider) {
    if (wider.empty())
        return;
    plan::put(state, plan::Rule{.priority = charon_priority + 1,
                                .action = plan::RuleAction::nop,
                                .to = std::nullopt,
                                .target = 0,
                                .suppress_prefixlength = std::nullopt});
    for (const auto& selector : wider) {
        const auto to = selector.length() == 0 ? std::nullopt : std::optional(selector);
        // Never a rule for everything beside one for a prefix: the kernel compares only what a request names
        // (rule_exists, rule_find in fib_rules.c), so it would take the one for the other.
        const auto priority = rule_priority + (to ? 2 : 4);
        plan::put(state, plan::Rule{.priority = priority,
                                    .action = plan::RuleAction::lookup,
                                    .to = to,
                                    .target = charon_table,
                                    .suppress_prefixlength = selector.length()});
        plan::put(state, plan::Rule{.priority = priority + 1,
                                    .action = plan::RuleAction::go_to,
                                    .to = to,
                                    .target = charon_priority + 1,
                                    .suppress_prefixlength = std::nullopt});
    }
}

/// The way into the tunnel is the route that kernel-libipsec itself puts into charon's table while the
/// CHILD_SA stands: it names the assigned address, and comes back with the SA. A route of ours through the
/// device would not: the kernel takes all IPv4 routes of a device away with its last address
/// (fib_disable_ip), and the assigned address goes with each SA. Shorter prefixes than what we negotiate are
/// other connections' routes.
plan::Rule into_tunnel(const net::Prefix& destination, const std::vector<net::Prefix>& remote_ts) {
    unsigned length = destination.length();
    for (const auto& selector : remote_ts)
        if (selector.contains(destination))
            length = std::min(length, selector.length());
    return {.priority = rule_priority,
            .action = plan::RuleAction::lookup,
            .to = destination,
            .target = charon_table,
            .suppress_prefixlength = length == 0 ? std::nullopt : std::optional(length - 1)};
}

} // namespace

void add_userspace_routing(plan::State& state, const profile::Settled& settled) {
    for (const auto& destination : settled.destinations)
        plan::put(state, into_tunnel(destination, settled.remote_ts));
    add_shut_way(state, settled);
    std::vector<net::Prefix> wider;
    std::ranges::copy_if(settled.remote_ts, std::back_inserter(wider), [&](const net::Prefix& selector) {
        return std::ranges::find(settled.destinations, selector) == settled.destinations.end();
    });
    add_shadow_rules(state, wider);
}

} // namespace eligate::appliance
