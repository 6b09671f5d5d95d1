// SPDX-License-Identifier: Apache-2.0
#include "apply/way_back.hpp"

#include "catalog/catalog.hpp"

#include <array>
#include <utility>

namespace eligate::apply {

namespace {

std::vector<plan::Action> remaining(const Engine& engine, const plan::State& known,
                                    const plan::State& target) {
    const std::array<plan::State, 2> scope{target, known};
    auto observed = engine.machine.observe(scope);
    // Unread means unproven: everything is named, so that a person looks at it.
    return plan::diff(observed ? *observed : known, target);
}

} // namespace

std::vector<plan::Action> finish(const Engine& engine, const plan::State& known, const plan::State& target) {
    auto left = remaining(engine, known, target);
    if (left.empty())
        return left;
    for (const auto& action : left) {
        // A tunnel that did not come up has had its time.
        if (!std::holds_alternative<plan::Tunnel>(action.subject()))
            static_cast<void>(engine.machine.act(action));
    }
    return remaining(engine, known, target);
}

std::vector<plan::Action> way_back(const Engine& engine, const std::vector<plan::Action>& done,
                                   const plan::State& before) {
    for (const auto& action : plan::inverse(done)) {
        // A step that fails here shows up in what remains; the others still have to be undone.
        static_cast<void>(engine.machine.act(action));
    }
    return finish(engine, plan::carried_out(before, done), before);
}

base::Result<> recover(const Engine& engine, const Unfinished& unfinished) {
    const auto& actions = unfinished.actions;
    const std::vector<plan::Action> done(actions.begin(),
                                         actions.begin() + static_cast<std::ptrdiff_t>(unfinished.begun));
    plan::State before;
    for (const auto& action : done)
        if (action.before)
            plan::put(before, *action.before);
    const auto left = way_back(engine, done, before);
    if (!left.empty()) {
        base::Error error{.code = catalog::code::not_put_back,
                          .what = base::msg(N_("an earlier run left something that cannot be put back"))};
        for (const auto& action : left)
            error.evidence.emplace_back("left", base::english(plan::describe(action, plan::Tense::plan)));
        return base::Unexpected(std::move(error));
    }
    return Journal(engine.store).close();
}

} // namespace eligate::apply
