// SPDX-License-Identifier: Apache-2.0
#include "linux/assigned_source.hpp"

#include "catalog/catalog.hpp"
#include "linux/nft.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

Result<bool> stands(vici::Charon& charon, const plan::AssignedSource& source) {
    ELIGATE_TRY_ASSIGN(const auto address, assigned_address(charon, source));
    ELIGATE_TRY_ASSIGN(const auto listed, listed_table(source_table));
    if (!address || !listed)
        return false;
    ELIGATE_TRY_ASSIGN(const auto wanted, canonical_table(source_table, nat_text(source, *address)));
    return *listed == wanted;
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

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::AssignedSource& source) {
    if (!action.after)
        return delete_table(source_table);
    ELIGATE_TRY_ASSIGN(const auto address, assigned_address(charon, source));
    if (!address)
        return base::fail(
            catalog::code::no_virtual_ip,
            base::msg(N_("the tunnel {name} has no assigned address"), {{"name", source.tunnel}}));
    return load_table(source_table, nat_text(source, *address));
}

} // namespace eligate::linux_adapter
