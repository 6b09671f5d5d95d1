// SPDX-License-Identifier: Apache-2.0
#include "linux/assigned_source.hpp"

#include "catalog/catalog.hpp"
#include "linux/netlink.hpp"
#include "linux/nft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace eligate::linux_adapter {
namespace {

using base::Result;

Result<std::optional<net::Address>> assigned_address(vici::Charon& charon,
                                                     const plan::AssignedSource& source) {
    ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
    for (const auto& sa : sas) {
        const bool ours = std::ranges::find(source.connections, sa.name) != source.connections.end();
        if (ours && sa.is_established() && !sa.local_vips.empty())
            return net::Address::parse(sa.local_vips.front());
    }
    return std::nullopt;
}

std::string nat_text(const plan::AssignedSource& source, const net::Address& address) {
    return fmt::format("table {} {{\n"
                       "chain postrouting {{\n"
                       "type nat hook postrouting priority srcnat; policy accept;\n"
                       "oifname \"{}\" ip daddr {{ {} }} snat to {}\n"
                       "}}\n}}\n",
                       source_table, source.device, net::text_of(source.destinations), address.text());
}

std::vector<plan::Route> routes_of(const plan::AssignedSource& source, const net::Address& address) {
    std::vector<plan::Route> routes;
    for (const auto& destination : source.destinations)
        routes.push_back({.table = source.table,
                          .destination = destination,
                          .type = plan::RouteType::unicast,
                          .device = source.device,
                          .metric = source.metric,
                          .source = address});
    return routes;
}

Result<bool> stands(vici::Charon& charon, const plan::AssignedSource& source) {
    ELIGATE_TRY_ASSIGN(const auto address, assigned_address(charon, source));
    ELIGATE_TRY_ASSIGN(const auto listed, listed_table(source_table));
    if (!address || !listed)
        return false;
    ELIGATE_TRY_ASSIGN(const auto wanted, canonical_table(source_table, nat_text(source, *address)));
    ELIGATE_TRY_ASSIGN(auto netlink, Netlink::open());
    ELIGATE_TRY_ASSIGN(const auto routes, netlink.routes(source.table));
    return *listed == wanted &&
           std::ranges::all_of(routes_of(source, *address), [&](const plan::Route& route) {
               return std::ranges::find(routes, route) != routes.end();
           });
}

/// By table and metric, whatever address they name: the address may be gone or another one by now.
Result<> remove_routes(Netlink& netlink, const plan::AssignedSource& source) {
    ELIGATE_TRY_ASSIGN(const auto routes, netlink.routes(source.table));
    for (const auto& route : routes)
        if (route.metric == source.metric)
            ELIGATE_TRY(netlink.remove(route));
    return {};
}

} // namespace

Result<> observe_sources(vici::Charon& charon, std::span<const plan::State> scope, plan::State& observed) {
    for (const auto& state : scope) {
        for (const auto& [key, resource] : state) {
            const auto* const source = std::get_if<plan::AssignedSource>(&resource);
            if (source == nullptr || observed.contains(key))
                continue;
            ELIGATE_TRY_ASSIGN(const bool present, stands(charon, *source));
            if (present)
                observed.emplace(key, *source);
        }
    }
    return {};
}

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::AssignedSource& source,
             std::uint8_t protocol) {
    ELIGATE_TRY_ASSIGN(auto netlink, Netlink::open());
    ELIGATE_TRY(remove_routes(netlink, source));
    if (!action.after)
        return delete_table(source_table);
    ELIGATE_TRY_ASSIGN(const auto address, assigned_address(charon, source));
    if (!address)
        return base::fail(
            catalog::code::no_virtual_ip,
            base::msg(N_("the tunnel {name} has no assigned address"), {{"name", source.tunnel}}));
    for (const auto& route : routes_of(source, *address))
        ELIGATE_TRY(netlink.add(route, protocol));
    return load_table(source_table, nat_text(source, *address));
}

} // namespace eligate::linux_adapter
