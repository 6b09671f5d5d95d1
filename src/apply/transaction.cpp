// SPDX-License-Identifier: Apache-2.0
#include "apply/transaction.hpp"

#include "apply/foreign.hpp"
#include "apply/way_back.hpp"
#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
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
    plan.unfinished = journal.has_value();
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

std::uint32_t generation_of(const Plan& plan) {
    return plan.record ? plan.record->generation : 0;
}

/// A restore is the timer's and soon over: it is waited for in any case, as long as its slowest step (two
/// gateways that do not answer) may take.
std::chrono::seconds patience_for(const base::Error& locked, std::chrono::seconds asked) {
    constexpr std::chrono::seconds restoring(60);
    const bool is_restore =
        std::ranges::find(locked.evidence, std::pair<std::string, std::string>("command", "restore")) !=
        locked.evidence.end();
    return is_restore ? std::max(asked, restoring) : asked;
}

Result<std::unique_ptr<port::Lock>> take_lock(const Engine& engine, std::string_view purpose) {
    auto lock = engine.store.lock({.purpose = purpose});
    if (lock || lock.error().code != code::locked)
        return lock;
    const auto patience = patience_for(lock.error(), engine.patience);
    if (patience.count() == 0)
        return lock;
    engine.observer.waiting(lock.error());
    return engine.store.lock({.purpose = purpose, .patience = patience, .cancel = &engine.cancel});
}

/// The lock, and the certainty that nothing changed hands while it was not held.
Result<std::unique_ptr<port::Lock>> lock_and_recover(const Engine& engine, std::string_view purpose,
                                                     Plan& plan, const std::function<Result<Plan>()>& again) {
    const auto generation = generation_of(plan);
    ELIGATE_TRY_ASSIGN(auto lock, take_lock(engine, purpose));
    ELIGATE_TRY_ASSIGN(const auto unfinished, Journal::read(engine.store));
    if (unfinished)
        ELIGATE_TRY(recover(engine, *unfinished));
    ELIGATE_TRY_ASSIGN(const auto record, read_record(engine.store));
    if (unfinished || (record ? record->generation : 0) != generation) {
        ELIGATE_TRY_ASSIGN(plan, again());
    }
    return lock;
}

Record next_record(const Engine& engine, const Goal& goal, const Plan& plan, bool proven) {
    Record record{.generation = generation_of(plan) + 1,
                  .committed_at = engine.now(),
                  .profile_id = goal.profile_id,
                  .revision = goal.revision,
                  .clinic = goal.clinic,
                  .proven = proven,
                  .owned = goal.desired,
                  .baseline = {}};
    for (const auto& [key, resource] : record.owned) {
        const bool ours_before = plan.record && plan.record->owned.contains(key);
        const auto& source = ours_before ? plan.record->baseline : plan.observed;
        if (const auto found = source.find(key); found != source.end())
            record.baseline.insert(*found);
    }
    return record;
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

/// Runs the actions up to the first error.
Acted act_all(const Engine& engine, Journal& journal, const Goal* goal,
              const std::vector<plan::Action>& actions) {
    Acted acted;
    const std::span<const plan::Action> all(actions);
    while (acted.begun < all.size() && acted.result) {
        if (engine.cancel.requested()) {
            acted.result = base::Unexpected(cancelled());
            return acted;
        }
        const auto batch = plan::next_batch(all.subspan(acted.begun));
        for (const auto& action : batch)
            engine.observer.acting(action);
        acted.result = journal.doing(acted.begun, batch.size());
        if (!acted.result)
            return acted;
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
    return acted;
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

/// Whether the record is the new one although writing it failed: at the very end, in the fsync of its folder.
/// What stands there decides, now and after a power cut: either this rename and the end of the journal are
/// both lost, or neither is.
bool is_decided(const Engine& engine, std::uint32_t generation) {
    const auto record = read_record(engine.store);
    return record && (*record ? (*record)->generation : 0) == generation;
}

/// The record has decided, or everything is back: a journal that cannot be taken away tells the next run
/// nothing else, and makes it tidy up what could not be tidied up here.
void close(const Engine& engine, Journal& journal, std::uint32_t newest) {
    if (prune_generations(engine.store, newest))
        static_cast<void>(journal.close());
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

Generation next_generation(const Goal& goal, const Plan& plan, const Record& record,
                           const verify::Report& report) {
    Generation generation{.number = record.generation,
                          .committed_at = record.committed_at,
                          .profile_id = record.profile_id,
                          .revision = record.revision,
                          .clinic = record.clinic,
                          .provenance = goal.provenance,
                          .steps = {},
                          .ladder = report,
                          .files = {}};
    for (const auto& action : plan.actions)
        generation.steps.push_back(plan::describe(action, plan::Tense::plan));
    for (const auto& [key, resource] : record.owned)
        if (const auto* const file = std::get_if<plan::File>(&resource))
            generation.files.push_back(kept(*file));
    return generation;
}

/// The generation first: the record that names it is what decides.
Result<> commit(const Engine& engine, const Generation& generation, const Record& record) {
    ELIGATE_TRY(write_generation(engine.store, generation));
    auto written = write_record(engine.store, record);
    return !written && is_decided(engine, record.generation) ? Result<>() : written;
}

bool is_so_already(const Plan& plan) {
    return plan.actions.empty() && !plan.unfinished && (!plan.record || plan.record->proven);
}

Outcome unchanged(const Plan& plan) {
    return {.end = End::unchanged, .generation = generation_of(plan)};
}

/// Journal, act, prove; then commit, or put everything back.
Result<Outcome> act_and_decide(const Engine& engine, const Goal& goal, const Plan& plan,
                               const verify::Report& preflight) {
    Journal journal(engine.store);
    ELIGATE_TRY(journal.begin(generation_of(plan), plan.actions));
    auto acted = act_all(engine, journal, &goal, plan.actions);
    if (!acted.result)
        return put_back(engine, journal, plan, acted.begun, std::move(acted.result).error(), std::nullopt);
    engine.observer.proving();
    auto report = goal.prove(preflight);
    if (!is_good_enough(goal, report, acted.tunnel_refused) || engine.cancel.requested()) {
        auto cause = engine.cancel.requested() ? cancelled() : proof_failed(report);
        return put_back(engine, journal, plan, acted.begun, std::move(cause), std::move(report));
    }
    const auto record = next_record(engine, goal, plan, report.passed());
    if (auto kept = commit(engine, next_generation(goal, plan, record, report), record); !kept)
        return put_back(engine, journal, plan, acted.begun, std::move(kept).error(), std::move(report));
    close(engine, journal, record.generation);
    return Outcome{.end = End::committed,
                   .actions = plan.actions,
                   .report = std::move(report),
                   .generation = record.generation,
                   .proven = record.proven};
}

} // namespace

Result<Plan> plan_goal(const Engine& engine, const plan::State& desired) {
    ELIGATE_TRY_ASSIGN(auto record, read_record(engine.store));
    return make_plan(engine, std::move(record), desired);
}

std::vector<base::Error> obstacles(const Plan& plan, const Goal& goal, Trying trying) {
    // What an unfinished run left is ours; so is what one that still runs has made: the lock tells of that.
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
    if (is_so_already(plan))
        return unchanged(plan);
    if (auto faults = obstacles(plan, goal, Trying::looks); !faults.empty())
        return untouched(plan, std::move(faults));
    if (!plan.actions.empty() && !confirm(plan))
        return Outcome{.end = End::untouched,
                       .actions = plan.actions,
                       .error = base::Error{.code = code::not_confirmed, .what = msg(N_("not confirmed"))}};
    if (auto faults = obstacles(plan, goal, Trying::writes); !faults.empty())
        return untouched(plan, std::move(faults));
    ELIGATE_TRY_ASSIGN(const auto lock, lock_and_recover(engine, "apply", plan,
                                                         [&] { return plan_goal(engine, goal.desired); }));
    ELIGATE_TRY(refuse_foreign(plan));
    if (is_so_already(plan))
        return unchanged(plan);
    auto preflight = goal.preflight();
    if (!is_good_enough(goal, preflight, false) || engine.cancel.requested())
        return Outcome{.end = End::untouched,
                       .actions = plan.actions,
                       .error = engine.cancel.requested() ? cancelled() : proof_failed(preflight),
                       .report = std::move(preflight)};
    return act_and_decide(engine, goal, plan, preflight);
}

Result<Outcome> remove_all(const Engine& engine, const Confirm& confirm) {
    ELIGATE_TRY_ASSIGN(auto plan, plan_removal(engine));
    if (!confirm(plan))
        return Outcome{.end = End::untouched,
                       .actions = plan.actions,
                       .error = base::Error{.code = code::not_confirmed, .what = msg(N_("not confirmed"))}};
    const auto again = [&]() -> Result<Plan> {
        auto replanned = plan_removal(engine);
        // Recovery may have left nothing to remove.
        if (!replanned && replanned.error().code == code::nothing_applied)
            return Plan{};
        return replanned;
    };
    ELIGATE_TRY_ASSIGN(const auto lock, lock_and_recover(engine, "remove", plan, again));
    Outcome outcome{.end = End::committed, .actions = plan.actions};
    if (!plan.record)
        return outcome;
    Journal journal(engine.store);
    ELIGATE_TRY(journal.begin(generation_of(plan), plan.actions));
    auto acted = act_all(engine, journal, nullptr, plan.actions);
    const auto begun = acted.begun;
    if (!acted.result)
        return put_back(engine, journal, plan, begun, std::move(acted.result).error(), std::nullopt);
    if (const auto left = finish(engine, plan.record->owned, with_baseline({}, *plan.record)); !left.empty())
        return put_back(engine, journal, plan, begun, not_removed(left), std::nullopt);
    if (auto deleted = delete_record(engine.store); !deleted && !is_decided(engine, 0))
        return put_back(engine, journal, plan, begun, std::move(deleted).error(), std::nullopt);
    close(engine, journal, 0);
    return outcome;
}

} // namespace eligate::apply
