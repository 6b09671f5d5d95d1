// SPDX-License-Identifier: Apache-2.0
#include "plan/action.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

namespace eligate::plan {
namespace {

/// The order of dependence. The alternatives of Resource stand in it already: the firewall guards everything
/// that follows, files and routes stand before charon could use them, the tunnel needs them all.
std::size_t rank(const Resource& resource) {
    return resource.index();
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
    std::ranges::stable_sort(actions, {}, [](const Action& a) { return rank(a.subject()); });

    std::vector<Action> removals;
    for (const auto& [key, present] : observed)
        if (!desired.contains(key))
            removals.push_back({.before = present, .after = std::nullopt});
    std::ranges::stable_sort(removals, std::greater{}, [](const Action& a) { return rank(a.subject()); });

    std::ranges::move(removals, std::back_inserter(actions));
    return actions;
}

std::vector<Action> inverse(const std::vector<Action>& actions) {
    std::vector<Action> back;
    back.reserve(actions.size());
    for (const auto& action : std::views::reverse(actions))
        back.push_back({.before = action.after, .after = action.before});
    return back;
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
