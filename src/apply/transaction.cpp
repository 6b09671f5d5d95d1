// SPDX-License-Identifier: Apache-2.0
#include "apply/transaction.hpp"

#include "apply/bounded.hpp"
#include "apply/commit.hpp"
#include "apply/foreign.hpp"
#include "apply/hold.hpp"
#include "apply/lock.hpp"
#include "apply/way_back.hpp"
#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>

namespace eligate::apply {
namespace {

using base::msg;
using base::Result;
namespace code = catalog::code;

/// The desired state completed by what has to come back where a resource of ours is no longer wanted.
plan::State with_baseline(plan::State desired, const Record& record) {
    for (const auto& [key, resource] : record.owned) {
        const auto before = record.baseline.find(key);
        if (!desired.contains(key) && before != record.baseline.end())
            desired.insert(*before);
    }
    return desired;
}

Result<Plan> make_plan(const Engine& engine, std::optional<Record> record, const plan::State& desired) {
    Plan plan;
    const auto owned = record ? record->owned : plan::State();
    const auto wanted = record ? with_baseline(desired, *record) : desired;
    // What we committed is the most trusted reading of what a machine tells only in part.
    const std::array<plan::State, 2> scope{owned, wanted};
    ELIGATE_TRY_ASSIGN(plan.observed, engine.machine.observe(scope));
    ELIGATE_TRY_ASSIGN(const auto journal, Journal::read(engine.store));
    plan.waiting = waiting(journal, record, engine.deadline.uptime());
    plan.unfinished = journal.has_value() && !plan.waiting;
    plan.actions = plan::diff(plan.observed, wanted);
    plan.record = std::move(record);
    return plan;
}

base::Result<> refuse_foreign(const Plan& plan) {
    auto faults = foreign_values(plan);
    return faults.empty() ? Result<>() : base::Unexpected(std::move(faults.front()));
}

Outcome untouched(const Plan& plan, std::vector<base::Error> faults) {
    return {.end = End::untouched, .actions = plan.actions, .error = faults.front(), .faults = faults};
}

Outcome untouched(const Plan& plan, base::Error error) {
    return {.end = End::untouched, .actions = plan.actions, .error = std::move(error)};
}

enum class HeldOne {
    /// A person has to decide about it first.
    comes_first,
    goes_back,
};

/// The lock, and the certainty that nothing changed hands while it was not held.
Result<std::unique_ptr<port::Lock>> lock_and_recover(const Engine& engine, std::string_view purpose,
                                                     Plan& plan, const std::function<Result<Plan>()>& again,
                                                     HeldOne held_one) {
    const auto generation = generation_of(plan);
    ELIGATE_TRY_ASSIGN(auto lock, take_lock(engine, purpose));
    ELIGATE_TRY_ASSIGN(const auto unfinished, Journal::read(engine.store));
    ELIGATE_TRY_ASSIGN(auto record, read_record(engine.store));
    const auto held = waiting(unfinished, record, engine.deadline.uptime());
    if (held && held_one == HeldOne::comes_first)
        return base::Unexpected(still_waiting(*held));
    if (unfinished) {
        ELIGATE_TRY(recover(engine, *unfinished));
        ELIGATE_TRY_ASSIGN(record, read_record(engine.store));
    }
    if (unfinished || (record ? record->generation : 0) != generation) {
        ELIGATE_TRY_ASSIGN(plan, again());
    }
    return lock;
}

base::Error not_confirmed() {
    return {.code = code::not_confirmed, .what = msg(N_("not confirmed"))};
}

base::Error cancelled() {
    return {.code = code::interrupted, .what = msg(N_("stopped on request"))};
}

bool is_theirs(catalog::Party party) {
    return party == catalog::Party::provider || party == catalog::Party::centre;
}

struct Acted {
    /// How many actions may have had an effect.
    std::size_t begun = 0;
    Result<> result;
    /// The provider's side refused the tunnel, and the goal allows it; everything else is done.
    bool tunnel_refused = false;
};

/// Runs the actions up to the first error. `acted` is right also where it throws.
void act_all(const Engine& engine, Journal& journal, const Goal* goal,
             const std::vector<plan::Action>& actions, Acted& acted) {
    const std::span<const plan::Action> all(actions);
    while (acted.begun < all.size() && acted.result) {
        if (engine.cancel.requested()) {
            acted.result = base::Unexpected(cancelled());
            return;
        }
        const auto batch = plan::next_batch(all.subspan(acted.begun));
        for (const auto& action : batch)
            engine.observer.acting(action);
        acted.result = journal.doing(acted.begun, batch.size());
        if (!acted.result)
            return;
        acted.begun += batch.size();
        acted.result = engine.machine.act(batch);
        if (!acted.result && goal != nullptr && goal->unproven &&
            std::holds_alternative<plan::Tunnel>(batch.front().subject()) &&
            is_theirs(catalog::row_of(acted.result.error().code).party)) {
            acted.tunnel_refused = true;
            acted.result = {};
        }
    }
    if (acted.result)
        acted.result = journal.done(actions.size());
}

/// Whether every failure is the provider's or the centre's affair. With a refused tunnel these two rungs only
/// say that there is none.
bool fails_for_them_alone(const verify::Report& report, bool tunnel_refused) {
    return std::ranges::all_of(report.checks, [&](const verify::Check& check) {
        const bool is_tunnel = check.id == "ike.established" || check.id == "child.installed";
        return check.status != verify::Status::fail || is_theirs(check.party) ||
               (tunnel_refused && is_tunnel);
    });
}

bool is_good_enough(const Goal& goal, const verify::Report& report, bool tunnel_refused) {
    return report.passed() || (goal.unproven && fails_for_them_alone(report, tunnel_refused));
}

base::Error proof_failed(const verify::Report& report) {
    const auto* const check = report.first_failure();
    if (check == nullptr)
        return cancelled();
    base::Error error{
        .code = check->code.value_or(code::not_proven), .what = check->what, .evidence = check->evidence};
    error.evidence.insert(error.evidence.begin(), {"check", check->id});
    return error;
}

/// What stands although its removal was not refused.
base::Error not_removed(const std::vector<plan::Action>& left) {
    base::Error error{.code = code::not_removed, .what = msg(N_("something came back, or did not go"))};
    for (const auto& action : left)
        error.evidence.emplace_back("left", base::english(plan::describe(action, plan::Tense::plan)));
    return error;
}

Outcome put_back(const Engine& engine, Journal& journal, const Plan& plan, std::size_t begun,
                 base::Error cause, std::optional<verify::Report> report) {
    engine.observer.undoing(cause);
    Outcome outcome{.end = End::rolled_back,
                    .actions = plan.actions,
                    .error = std::move(cause),
                    .report = std::move(report)};
    const std::vector<plan::Action> done(plan.actions.begin(),
                                         plan.actions.begin() + static_cast<std::ptrdiff_t>(begun));
    outcome.leftover = way_back(engine, done, plan.observed);
    if (!outcome.leftover.empty())
        outcome.end = End::incomplete;
    else
        close(engine, journal, generation_of(plan));
    return outcome;
}

/// It came to its end, and only telling of it did not.
Outcome decided(const Plan& plan, const std::optional<Record>& record) {
    Outcome outcome{.end = End::committed, .actions = plan.actions};
    if (record) {
        outcome.generation = record->generation;
        outcome.proven = record->proven;
    }
    return outcome;
}

/// Where memory or threads run out, the libraries throw. That is a failure like any other, unless the record
/// has decided already.
template <class Work>
Outcome or_put_back(const Engine& engine, const Plan& plan, std::uint32_t next, const Acted& acted,
                    const Work& work) {
    const auto exhausted = [&](const std::exception& fault) {
        const auto record = read_record(engine.store);
        const auto stands = record && *record ? (*record)->generation : 0;
        if (record && stands == next)
            return decided(plan, *record);
        // Unread is undecided: whoever runs next finds journal and alarm.
        if (!record || stands != generation_of(plan))
            throw;
        Journal journal(engine.store);
        return put_back(engine, journal, plan, acted.begun,
                        {.code = code::out_of_memory,
                         .what = msg(N_("the appliance ran out of memory")),
                         .evidence = {{"reason", fault.what()}}},
                        std::nullopt);
    };
    try {
        return work();
    } catch (const std::bad_alloc& fault) {
        return exhausted(fault);
    } catch (const std::system_error& fault) {
        return exhausted(fault);
    }
}

/// Other files are something to prove, though nothing of the machine depends on them: what `verify` asks for,
/// and a later `verify` reads in the generation.
bool is_so_already(const Engine& engine, const Goal& goal, const Plan& plan) {
    return plan.actions.empty() && !plan.unfinished && !plan.waiting &&
           (!plan.record || (plan.record->proven && !is_made_of_others(engine.store, plan.record->generation,
                                                                       goal.provenance.inputs)));
}

Outcome unchanged(const Plan& plan) {
    return {.end = End::unchanged, .generation = generation_of(plan)};
}

std::chrono::seconds time_to_confirm(const Goal& goal, const Plan& plan) {
    return goal.hold && !plan.actions.empty() ? goal.hold(plan) : std::chrono::seconds(0);
}

/// Act, prove; then commit, or put everything back.
Outcome act_and_decide(const Engine& engine, const Goal& goal, const Plan& plan,
                       const verify::Report& preflight, Bounded& bounded, Acted& acted) {
    Journal journal(engine.store);
    act_all(engine, journal, &goal, plan.actions, acted);
    if (!acted.result)
        return put_back(engine, journal, plan, acted.begun, std::move(acted.result).error(), std::nullopt);
    engine.observer.proving();
    auto report = goal.prove(preflight);
    if (!is_good_enough(goal, report, acted.tunnel_refused) || engine.cancel.requested()) {
        auto cause = engine.cancel.requested() ? cancelled() : proof_failed(report);
        return put_back(engine, journal, plan, acted.begun, std::move(cause), std::move(report));
    }
    auto record = next_record(engine, goal, plan, report.passed());
    const auto time = time_to_confirm(goal, plan);
    if (time.count() > 0) {
        auto hold = bounded.hold(time);
        if (!hold)
            return put_back(engine, journal, plan, acted.begun, std::move(hold).error(), std::move(report));
        record.hold = std::move(*hold);
    }
    // Made before the commit: after it nothing is to want memory.
    Outcome outcome{.end = End::committed,
                    .actions = plan.actions,
                    .report = report,
                    .generation = record.generation,
                    .proven = record.proven};
    if (record.hold) {
        outcome.end = End::held;
        outcome.waiting = {.change = record.hold->change, .generation = record.generation, .left = time};
    }
    if (auto kept = commit(engine, plan, next_generation(goal, plan, record, report), record); !kept)
        return put_back(engine, journal, plan, acted.begun, std::move(kept).error(), std::move(report));
    if (record.hold)
        bounded.leave_armed();
    else
        close(engine, journal, record.generation);
    return outcome;
}

Outcome take_away(const Engine& engine, const Plan& plan, Acted& acted) {
    Journal journal(engine.store);
    act_all(engine, journal, nullptr, plan.actions, acted);
    if (!acted.result)
        return put_back(engine, journal, plan, acted.begun, std::move(acted.result).error(), std::nullopt);
    if (const auto left = finish(engine, plan.record->owned, with_baseline({}, *plan.record)); !left.empty())
        return put_back(engine, journal, plan, acted.begun, not_removed(left), std::nullopt);
    if (auto deleted = delete_record(engine.store); !deleted && !is_decided(engine, 0))
        return put_back(engine, journal, plan, acted.begun, std::move(deleted).error(), std::nullopt);
    close(engine, journal, 0);
    return {.end = End::committed, .actions = plan.actions};
}

} // namespace

Result<Plan> plan_goal(const Engine& engine, const plan::State& desired) {
    ELIGATE_TRY_ASSIGN(auto record, read_record(engine.store));
    return make_plan(engine, std::move(record), desired);
}

std::vector<base::Error> obstacles(const Plan& plan, const Goal& goal, Trying trying) {
    // What an unfinished run left is ours; so is what one that still runs has made: the lock tells of that.
    if (plan.waiting)
        return {still_waiting(*plan.waiting)};
    auto faults = plan.unfinished ? std::vector<base::Error>() : foreign_values(plan);
    if (goal.room)
        std::ranges::move(goal.room(plan.actions, trying), std::back_inserter(faults));
    return faults;
}

Result<Plan> plan_removal(const Engine& engine) {
    ELIGATE_TRY_ASSIGN(auto record, read_record(engine.store));
    ELIGATE_TRY_ASSIGN(const auto journal, Journal::read(engine.store));
    if (!record && !journal)
        return base::fail(code::nothing_applied, msg(N_("eligate has changed nothing on this machine")));
    return make_plan(engine, std::move(record), {});
}

Result<Outcome> apply_goal(const Engine& engine, const Goal& goal, const Confirm& confirm) {
    ELIGATE_TRY_ASSIGN(auto plan, plan_goal(engine, goal.desired));
    if (is_so_already(engine, goal, plan))
        return unchanged(plan);
    if (auto faults = obstacles(plan, goal, Trying::looks); !faults.empty())
        return untouched(plan, std::move(faults));
    if ((!plan.actions.empty() || plan.unfinished) && !confirm(plan))
        return untouched(plan, not_confirmed());
    if (auto faults = obstacles(plan, goal, Trying::writes); !faults.empty())
        return untouched(plan, std::move(faults));
    const auto again = [&] { return plan_goal(engine, goal.desired); };
    const auto shown = plan.actions;
    ELIGATE_TRY_ASSIGN(const auto lock, lock_and_recover(engine, "apply", plan, again, HeldOne::comes_first));
    ELIGATE_TRY(refuse_foreign(plan));
    if (is_so_already(engine, goal, plan))
        return unchanged(plan);
    if (plan.actions != shown && !plan.actions.empty() && !confirm(plan))
        return untouched(plan, not_confirmed());
    auto preflight = goal.preflight();
    if (!is_good_enough(goal, preflight, false) || engine.cancel.requested())
        return Outcome{.end = End::untouched,
                       .actions = plan.actions,
                       .error = engine.cancel.requested() ? cancelled() : proof_failed(preflight),
                       .report = std::move(preflight)};
    ELIGATE_TRY_ASSIGN(auto bounded, Bounded::begin(engine, plan));
    Acted acted;
    return or_put_back(engine, plan, generation_of(plan) + 1, acted,
                       [&] { return act_and_decide(engine, goal, plan, preflight, bounded, acted); });
}

Result<Outcome> remove_all(const Engine& engine, const Confirm& confirm) {
    ELIGATE_TRY_ASSIGN(auto plan, plan_removal(engine));
    if (!confirm(plan))
        return untouched(plan, not_confirmed());
    const auto again = [&]() -> Result<Plan> {
        auto replanned = plan_removal(engine);
        // Recovery may have left nothing to remove.
        if (!replanned && replanned.error().code == code::nothing_applied)
            return Plan{};
        return replanned;
    };
    ELIGATE_TRY_ASSIGN(const auto lock, lock_and_recover(engine, "remove", plan, again, HeldOne::goes_back));
    if (!plan.record)
        return Outcome{.end = End::committed, .actions = plan.actions};
    ELIGATE_TRY_ASSIGN(const auto bounded, Bounded::begin(engine, plan));
    Acted acted;
    return or_put_back(engine, plan, 0, acted, [&] { return take_away(engine, plan, acted); });
}

} // namespace eligate::apply
