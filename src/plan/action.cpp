// SPDX-License-Identifier: Apache-2.0
#include "plan/action.hpp"

#include <algorithm>
#include <functional>

namespace eligate::plan {
namespace {

/// The order of dependence. The alternatives of Resource stand in it already: the firewall guards everything
/// that follows, files and routes stand before charon could use them, the tunnel needs them all.
std::size_t rank(const Resource& resource) {
    return resource.index();
}

/// Creations and replacements by dependence, then removals the other way round.
void put_in_order(std::vector<Action>& actions) {
    const auto removals =
        std::ranges::stable_partition(actions, [](const Action& action) { return action.after.has_value(); });
    const auto by_rank = [](const Action& action) { return rank(action.subject()); };
    std::ranges::stable_sort(actions.begin(), removals.begin(), {}, by_rank);
    std::ranges::stable_sort(removals, std::greater{}, by_rank);
}

/// A tunnel that is made anew may bring another address, and what was made of the old one reads the same.
void renew_sources(const State& observed, const State& desired, std::vector<Action>& actions) {
    const auto makes = [](const Action& action, const std::string& name) {
        const auto* const tunnel = action.after ? std::get_if<Tunnel>(&*action.after) : nullptr;
        return tunnel != nullptr && tunnel->name == name;
    };
    for (const auto& [key, wanted] : desired) {
        const auto* const source = std::get_if<AssignedSource>(&wanted);
        const auto found = observed.find(key);
        if (source != nullptr && found != observed.end() && found->second == wanted &&
            std::ranges::any_of(actions, [&](const Action& action) { return makes(action, source->tunnel); }))
            actions.push_back({.before = wanted, .after = wanted});
    }
}

/// What the kernel takes many of in one message, and keeps apart by their keys.
bool comes_in_many(const Resource& resource) {
    return std::holds_alternative<Route>(resource) || std::holds_alternative<Rule>(resource);
}

} // namespace

Verb Action::verb() const {
    if (!before)
        return Verb::create;
    return after ? Verb::replace : Verb::remove;
}

std::vector<Action> diff(const State& observed, const State& desired) {
    std::vector<Action> actions;
    for (const auto& [key, wanted] : desired) {
        const auto found = observed.find(key);
        if (found == observed.end())
            actions.push_back({.before = std::nullopt, .after = wanted});
        else if (found->second != wanted)
            actions.push_back({.before = found->second, .after = wanted});
    }
    for (const auto& [key, present] : observed)
        if (!desired.contains(key))
            actions.push_back({.before = present, .after = std::nullopt});
    renew_sources(observed, desired, actions);
    put_in_order(actions);
    return actions;
}

std::vector<Action> inverse(const std::vector<Action>& actions) {
    std::vector<Action> back;
    back.reserve(actions.size());
    for (const auto& action : actions)
        back.push_back({.before = action.after, .after = action.before});
    put_in_order(back);
    return back;
}

std::span<const Action> next_batch(std::span<const Action> actions) {
    const auto& first = actions.front();
    if (!comes_in_many(first.subject()))
        return actions.first(1);
    const auto end = std::ranges::find_if_not(actions, [&](const Action& action) {
        return action.subject().index() == first.subject().index() &&
               action.after.has_value() == first.after.has_value();
    });
    return actions.first(static_cast<std::size_t>(end - actions.begin()));
}

State carried_out(State state, const std::vector<Action>& actions) {
    for (const auto& action : actions) {
        if (action.after)
            put(state, *action.after);
        else
            state.erase(action.key());
    }
    return state;
}

} // namespace eligate::plan
