// SPDX-License-Identifier: Apache-2.0
#include "linux/machine.hpp"

#include "linux/assigned_source.hpp"
#include "linux/charon_resources.hpp"
#include "linux/charon_tunnel.hpp"
#include "linux/file.hpp"
#include "linux/forwarder.hpp"
#include "linux/nft.hpp"
#include "linux/sysctl.hpp"

#include <algorithm>
#include <future>
#include <set>
#include <variant>

namespace eligate::linux_adapter {
namespace {

using base::Result;

template <class Kind>
bool has_kind(std::span<const plan::State> scope) {
    return std::ranges::any_of(scope, [](const plan::State& state) {
        return std::ranges::any_of(state,
                                   [](const auto& e) { return std::holds_alternative<Kind>(e.second); });
    });
}

Result<std::optional<plan::FirewallTable>> observe_firewall(std::span<const plan::State> scope) {
    if (!has_kind<plan::FirewallTable>(scope))
        return std::nullopt;
    ELIGATE_TRY_ASSIGN(auto listing, listed_table(firewall_table));
    if (!listing)
        return std::nullopt;
    return plan::FirewallTable{.listing = std::move(*listing)};
}

Result<> observe_file(const plan::File& named, plan::State& observed) {
    ELIGATE_TRY_ASSIGN(auto stored, stored_file(named.path));
    if (!stored)
        return {};
    auto file = named;
    file.content = std::move(stored->content);
    file.mode = stored->mode;
    plan::put(observed, std::move(file));
    return {};
}

Result<> observe_sysctl(const plan::Sysctl& named, plan::State& observed) {
    ELIGATE_TRY_ASSIGN(auto value, read_sysctl(named.name));
    plan::put(observed, plan::Sysctl{.name = named.name, .value = std::move(value)});
    return {};
}

Result<> observe_files_and_sysctls(std::span<const plan::State> scope, plan::State& observed) {
    for (const auto& state : scope) {
        for (const auto& [key, resource] : state) {
            if (observed.contains(key))
                continue;
            if (const auto* file = std::get_if<plan::File>(&resource))
                ELIGATE_TRY(observe_file(*file, observed));
            if (const auto* sysctl = std::get_if<plan::Sysctl>(&resource))
                ELIGATE_TRY(observe_sysctl(*sysctl, observed));
        }
    }
    return {};
}

void observe_forwarder(std::span<const plan::State> scope, plan::State& observed) {
    for (const auto& state : scope)
        for (const auto& [key, resource] : state)
            if (const auto* forwarder = std::get_if<plan::Forwarder>(&resource);
                forwarder != nullptr && !observed.contains(key) && forwarder_runs())
                plan::put(observed, *forwarder);
}

/// Only what the scope names: other routes and rules are other people's.
template <class Kind>
void keep_named(std::vector<Kind> found, std::span<const plan::State> scope, plan::State& observed) {
    for (auto& value : found) {
        const auto key = plan::key_of(value);
        if (std::ranges::any_of(scope, [&](const plan::State& state) { return state.contains(key); }))
            plan::put(observed, std::move(value));
    }
}

Result<> observe_routing(std::span<const plan::State> scope, plan::State& observed) {
    std::set<std::uint32_t> tables;
    std::set<std::string> links;
    for (const auto& state : scope) {
        for (const auto& [key, resource] : state) {
            if (const auto* route = std::get_if<plan::Route>(&resource))
                tables.insert(route->table);
            if (const auto* link = std::get_if<plan::Link>(&resource))
                links.insert(link->name);
        }
    }
    if (tables.empty() && links.empty() && !has_kind<plan::Rule>(scope))
        return {};
    ELIGATE_TRY_ASSIGN(auto netlink, Netlink::open());
    for (const auto& name : links) {
        ELIGATE_TRY_ASSIGN(auto link, netlink.link(name));
        if (link)
            plan::put(observed, std::move(*link));
    }
    for (const auto table : tables) {
        ELIGATE_TRY_ASSIGN(auto routes, netlink.routes(table));
        keep_named(std::move(routes), scope, observed);
    }
    ELIGATE_TRY_ASSIGN(auto rules, netlink.rules());
    keep_named(std::move(rules), scope, observed);
    return {};
}

struct Act {
    const plan::Action& action;
    vici::Charon& charon;

    Result<> operator()(const plan::FirewallTable& table) const {
        return action.after ? load_table(firewall_table, table.listing) : delete_table(firewall_table);
    }
    Result<> operator()(const plan::File& file) const {
        if (action.after)
            ELIGATE_TRY(store_file(file.path, file.content, file.mode));
        else
            ELIGATE_TRY(delete_file(file.path));
        switch (file.reader) {
        case plan::Reader::none:
            return {};
        case plan::Reader::charon_settings:
            return charon.reload_settings();
        case plan::Reader::forwarder:
            // Where it does not run it reads them when it starts.
            if (action.after && forwarder_pid() != 0)
                return start_forwarder(file.path);
            if (!action.after)
                tidy_up_after_forwarder();
            return {};
        }
        return {};
    }
    Result<> operator()(const plan::Sysctl& sysctl) const {
        // Without a previous value there is nothing to go back to: the kernel always has one.
        return action.after ? write_sysctl(sysctl.name, sysctl.value) : Result<>();
    }
    Result<> operator()(const plan::Link& link) const {
        ELIGATE_TRY_ASSIGN(auto netlink, Netlink::open());
        return action.after ? netlink.set(link) : netlink.remove(link);
    }
    // Many at a time: act_on_routing().
    Result<> operator()(const plan::Route& /*route*/) const { return {}; }
    Result<> operator()(const plan::Rule& /*rule*/) const { return {}; }
    Result<> operator()(const plan::Authority& a) const { return linux_adapter::act(charon, action, a); }
    Result<> operator()(const plan::PrivateKey& k) const { return linux_adapter::act(charon, action, k); }
    Result<> operator()(const plan::SharedSecret& s) const { return linux_adapter::act(charon, action, s); }
    Result<> operator()(const plan::Connection& c) const { return linux_adapter::act(charon, action, c); }
    Result<> operator()(const plan::Tunnel& t) const { return linux_adapter::act(charon, action, t); }
    Result<> operator()(const plan::AssignedSource& s) const { return linux_adapter::act(charon, action, s); }
    Result<> operator()(const plan::Forwarder& f) const {
        return action.after ? start_forwarder(f.settings) : stop_forwarder(f.settings);
    }
};

bool is_routing(const plan::Action& action) {
    return std::holds_alternative<plan::Route>(action.subject()) ||
           std::holds_alternative<plan::Rule>(action.subject());
}

base::Unexpected while_doing(const plan::Action& action, base::Error error) {
    return base::Unexpected(std::move(error).in(plan::describe(action, plan::Tense::progress)));
}

} // namespace

Result<plan::State> LinuxMachine::observe(std::span<const plan::State> scope) {
    // nft is a process and charon another one: ask both at the same time.
    auto firewall = std::async(std::launch::async, [&] { return observe_firewall(scope); });
    plan::State observed;
    ELIGATE_TRY(observe_charon(m_charon, scope, observed));
    ELIGATE_TRY(observe_files_and_sysctls(scope, observed));
    ELIGATE_TRY(observe_routing(scope, observed));
    ELIGATE_TRY(observe_sources(m_charon, scope, observed));
    observe_forwarder(scope, observed);
    ELIGATE_TRY_ASSIGN(auto table, firewall.get());
    if (table)
        plan::put(observed, std::move(*table));
    return observed;
}

Result<> LinuxMachine::act_on_routing(std::span<const plan::Action> batch) const {
    auto netlink = Netlink::open();
    if (!netlink)
        return while_doing(batch.front(), std::move(netlink).error());
    if (auto refusal = netlink->carry_out(batch, m_protocol))
        return while_doing(batch[refusal->index], std::move(refusal->error));
    return {};
}

Result<> LinuxMachine::act(std::span<const plan::Action> batch) {
    if (is_routing(batch.front()))
        return act_on_routing(batch);
    Result<> first;
    for (const auto& action : batch)
        if (auto acted = std::visit(Act{.action = action, .charon = m_charon}, action.subject());
            !acted && first)
            first = while_doing(action, std::move(acted).error());
    return first;
}

Result<bool> LinuxMachine::is_unanswered(const plan::Tunnel& tunnel) {
    return linux_adapter::is_unanswered(m_charon, tunnel);
}

Result<> LinuxMachine::bring_back(const plan::Tunnel& tunnel) {
    return linux_adapter::bring_back(m_charon, tunnel);
}

} // namespace eligate::linux_adapter
