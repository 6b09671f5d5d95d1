// SPDX-License-Identifier: Apache-2.0
#include "apply/way_back.hpp"

#include "catalog/catalog.hpp"

#include <array>
#include <utility>
#include <variant>

namespace eligate::apply {

namespace {

using base::Result;

/// What stands between a packet and the open line.
bool is_guard(const plan::Resource& resource) {
    return std::holds_alternative<plan::FirewallTable>(resource) ||
           std::holds_alternative<plan::Link>(resource) || std::holds_alternative<plan::Route>(resource) ||
           std::holds_alternative<plan::Rule>(resource);
}

/// What could make a tunnel, and so needs the guard: charon's memory, and the file from which it fills it.
bool is_guarded(const plan::Resource& resource) {
    return !is_guard(resource) && !std::holds_alternative<plan::Sysctl>(resource);
}

/// charon's business once the connection is loaded.
bool comes_by_itself(const plan::Action& action) {
    return std::holds_alternative<plan::Tunnel>(action.subject()) ||
           std::holds_alternative<plan::AssignedSource>(action.subject());
}

plan::State of_kind(const plan::State& state, std::size_t kind) {
    plan::State chosen;
    for (const auto& [key, resource] : state)
        if (resource.index() == kind)
            chosen.emplace(key, resource);
    return chosen;
}

/// Unread means unproven: what cannot be read counts as `known`, so that it is done again, or named to a
/// person.
plan::State read_back(port::Machine& machine, const plan::State& known, const plan::State& target) {
    const std::array<plan::State, 2> scope{target, known};
    if (auto all = machine.observe(scope))
        return std::move(*all);
    plan::State seen;
    for (std::size_t kind = 0; kind < std::variant_size_v<plan::Resource>; ++kind) {
        const std::array<plan::State, 2> part{of_kind(target, kind), of_kind(known, kind)};
        if (part[0].empty() && part[1].empty())
            continue;
        const auto read = machine.observe(part);
        const auto& stands = read ? *read : part[1];
        seen.insert(stands.begin(), stands.end());
    }
    return seen;
}

std::vector<plan::Action> remaining(const Engine& engine, const plan::State& known,
                                    const plan::State& target) {
    return plan::diff(read_back(engine.machine, known, target), target);
}

/// A step that fails shows up in what remains; the others still have to be undone.
void carry_out(const Engine& engine, const std::vector<plan::Action>& actions) {
    bool guard_is_needed = false;
    for (const auto& action : actions) {
        if (guard_is_needed && !action.after && is_guard(action.subject()))
            continue;
        if (!engine.machine.act(action) && is_guarded(action.subject()))
            guard_is_needed = true;
    }
}

} // namespace

std::vector<plan::Action> finish(const Engine& engine, const plan::State& known, const plan::State& target) {
    auto left = remaining(engine, known, target);
    if (left.empty())
        return left;
    auto again = left;
    // A tunnel that did not come up has had its time.
    std::erase_if(again, [](const plan::Action& action) {
        return std::holds_alternative<plan::Tunnel>(action.subject());
    });
    carry_out(engine, again);
    return remaining(engine, known, target);
}

std::vector<plan::Action> way_back(const Engine& engine, const std::vector<plan::Action>& done,
                                   const plan::State& before) {
    carry_out(engine, plan::inverse(done));
    return finish(engine, plan::carried_out(before, done), before);
}

Result<std::vector<plan::Action>> put_back_unfinished(const Engine& engine, const Unfinished& unfinished) {
    ELIGATE_TRY_ASSIGN(const auto record, read_record(engine.store));
    std::vector<plan::Action> left;
    if ((record ? record->generation : 0) == unfinished.base) {
        const auto& actions = unfinished.actions;
        const std::vector<plan::Action> done(actions.begin(),
                                             actions.begin() + static_cast<std::ptrdiff_t>(unfinished.begun));
        plan::State before;
        for (const auto& action : done)
            if (action.before)
                plan::put(before, *action.before);
        left = way_back(engine, done, before);
        std::erase_if(left,
                      [](const plan::Action& action) { return action.after && comes_by_itself(action); });
    }
    if (left.empty()) {
        engine.store.drop_half_written();
        ELIGATE_TRY(Journal(engine.store).close());
    }
    return left;
}

Result<> recover(const Engine& engine, const Unfinished& unfinished) {
    ELIGATE_TRY_ASSIGN(const auto left, put_back_unfinished(engine, unfinished));
    if (left.empty())
        return {};
    base::Error error{.code = catalog::code::not_put_back,
                      .what = base::msg(N_("an earlier run left something that cannot be put back"))};
    for (const auto& action : left)
        error.evidence.emplace_back("left", base::english(plan::describe(action, plan::Tense::plan)));
    return base::Unexpected(std::move(error));
}

} // namespace eligate::apply
