// SPDX-License-Identifier: Apache-2.0
#include "apply/way_back.hpp"

#include "apply/hold.hpp"
#include "catalog/catalog.hpp"

#include <array>
#include <span>
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

bool is_in_charon(const plan::Resource& resource) {
    return std::holds_alternative<plan::Authority>(resource) ||
           std::holds_alternative<plan::PrivateKey>(resource) ||
           std::holds_alternative<plan::SharedSecret>(resource) ||
           std::holds_alternative<plan::Connection>(resource) ||
           std::holds_alternative<plan::Tunnel>(resource) ||
           std::holds_alternative<plan::AssignedSource>(resource);
}

plan::State of_kind(const plan::State& state, std::size_t kind) {
    plan::State chosen;
    for (const auto& [key, resource] : state)
        if (resource.index() == kind)
            chosen.emplace(key, resource);
    return chosen;
}

/// One way back: it remembers that charon is stuck, so that it waits for it once and not at every step.
class Return {
  public:
    explicit Return(port::Machine& machine)
        : m_machine(machine) {}

    /// A step that fails shows up in what remains; the others still have to be undone.
    void carry_out(const std::vector<plan::Action>& actions) {
        bool guard_is_needed = false;
        std::span<const plan::Action> rest(actions);
        while (!rest.empty()) {
            const auto batch = plan::next_batch(rest);
            rest = rest.subspan(batch.size());
            // A batch is of one kind, and makes things or takes them away.
            const auto& subject = batch.front().subject();
            if (guard_is_needed && !batch.front().after && is_guard(subject))
                continue;
            if (!act(batch) && is_guarded(subject))
                guard_is_needed = true;
        }
    }

    std::vector<plan::Action> remaining(const plan::State& known, const plan::State& target) {
        return plan::diff(read_back(known, target), target);
    }

  private:
    /// False if what the actions take away may still stand.
    bool act(std::span<const plan::Action> batch) {
        const bool in_charon = is_in_charon(batch.front().subject());
        if (in_charon && m_charon_is_stuck)
            return false;
        const auto acted = m_machine.act(batch);
        if (acted)
            return true;
        note(acted.error());
        // Where nobody listens, nothing is in charon's memory.
        return in_charon && acted.error().code == catalog::code::charon_unreachable;
    }

    void note(const base::Error& error) {
        m_charon_is_stuck = m_charon_is_stuck || error.code == catalog::code::charon_silent;
    }

    /// Unread means unproven: what cannot be read counts as `known`, so that it is done again, or named to a
    /// person.
    plan::State read_back(const plan::State& known, const plan::State& target) {
        const std::array<plan::State, 2> scope{target, known};
        if (!m_charon_is_stuck)
            if (auto all = m_machine.observe(scope))
                return std::move(*all);
        plan::State seen;
        for (std::size_t kind = 0; kind < std::variant_size_v<plan::Resource>; ++kind) {
            auto stands = read_kind(of_kind(known, kind), of_kind(target, kind));
            seen.merge(stands);
        }
        return seen;
    }

    plan::State read_kind(const plan::State& known, const plan::State& target) {
        if (known.empty() && target.empty())
            return {};
        const bool in_charon = is_in_charon((known.empty() ? target : known).begin()->second);
        if (in_charon && m_charon_is_stuck)
            return known;
        const std::array<plan::State, 2> scope{target, known};
        auto read = m_machine.observe(scope);
        if (read)
            return std::move(*read);
        note(read.error());
        if (in_charon && read.error().code == catalog::code::charon_unreachable)
            return {};
        return known;
    }

    port::Machine& m_machine;
    bool m_charon_is_stuck = false;
};

/// All that the run had begun; what is left then.
std::vector<plan::Action> undo(const Engine& engine, const Unfinished& unfinished) {
    const auto& actions = unfinished.actions;
    const std::vector<plan::Action> done(actions.begin(),
                                         actions.begin() + static_cast<std::ptrdiff_t>(unfinished.begun));
    plan::State before;
    for (const auto& action : done)
        if (action.before)
            plan::put(before, *action.before);
    auto left = way_back(engine, done, before);
    std::erase_if(left, [](const plan::Action& action) { return action.after && comes_by_itself(action); });
    return left;
}

/// After a held change was undone. Until the journal is closed all of it can be done again.
Result<> bring_back_record(port::Store& store, std::uint32_t generation) {
    if (generation == 0)
        return delete_record(store);
    ELIGATE_TRY_ASSIGN(const auto earlier, read_earlier_record(store));
    if (!earlier || earlier->generation != generation)
        return base::fail(catalog::code::record_damaged, base::msg(N_("eligate's record is not readable")),
                          {{"file", "earlier.json"}});
    return restore_earlier_record(store);
}

/// From here on it goes back, whoever goes on with it: one that is undone half must not be confirmed.
Result<> end_hold(port::Store& store, Record record) {
    if (record.hold->until == 0)
        return {};
    record.hold->until = 0;
    return write_record(store, record);
}

Result<> tidy_up(const Engine& engine, const Unfinished& unfinished, std::uint32_t newest) {
    ELIGATE_TRY(prune_generations(engine.store, newest));
    ELIGATE_TRY(delete_earlier_record(engine.store));
    engine.store.drop_half_written();
    ELIGATE_TRY(Journal(engine.store).close());
    engine.deadline.disarm(unfinished.id);
    return {};
}

std::vector<plan::Action> finish_with(Return& back, const plan::State& known, const plan::State& target) {
    auto left = back.remaining(known, target);
    if (left.empty())
        return left;
    // A tunnel that did not come up has had its time.
    std::erase_if(left, [](const plan::Action& action) {
        return std::holds_alternative<plan::Tunnel>(action.subject());
    });
    back.carry_out(left);
    return back.remaining(known, target);
}

} // namespace

std::vector<plan::Action> finish(const Engine& engine, const plan::State& known, const plan::State& target) {
    Return back(engine.machine);
    return finish_with(back, known, target);
}

std::vector<plan::Action> way_back(const Engine& engine, const std::vector<plan::Action>& done,
                                   const plan::State& before) {
    Return back(engine.machine);
    back.carry_out(plan::inverse(done));
    return finish_with(back, plan::carried_out(before, done), before);
}

Result<std::vector<plan::Action>> put_back_unfinished(const Engine& engine, const Unfinished& unfinished) {
    ELIGATE_TRY_ASSIGN(const auto record, read_record(engine.store));
    const auto stands = record ? record->generation : 0;
    const bool held = is_held(unfinished, record);
    if (!held && stands != unfinished.base) {
        ELIGATE_TRY(tidy_up(engine, unfinished, stands));
        return std::vector<plan::Action>();
    }
    if (held)
        ELIGATE_TRY(end_hold(engine.store, *record));
    auto left = undo(engine, unfinished);
    if (left.empty() && held)
        ELIGATE_TRY(bring_back_record(engine.store, unfinished.base));
    if (left.empty())
        ELIGATE_TRY(tidy_up(engine, unfinished, unfinished.base));
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
