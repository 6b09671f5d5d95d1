// SPDX-License-Identifier: Apache-2.0
#include "apply/transaction.hpp"

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

/// A link that somebody made under our name after ours was gone.
bool is_another_link(const plan::Action& action) {
    const auto* const standing = std::get_if<plan::Link>(&*action.before);
    const auto* const wanted = std::get_if<plan::Link>(&action.subject());
    return standing != nullptr && wanted != nullptr && standing->if_id != wanted->if_id;
}

/// A value that is neither ours nor one that can be put back exactly (a secret in charon, a route: anything
/// but what was read in full).
bool is_foreign(const Plan& plan, const plan::Action& action) {
    if (!action.before)
        return false;
    if (plan.record && plan.record->owned.contains(action.key()))
        return is_another_link(action);
    return !std::holds_alternative<plan::File>(*action.before) &&
           !std::holds_alternative<plan::Sysctl>(*action.before);
}

/// Something that nobody but its maker knows in full (charon tells no secret, a link may carry another
/// tunnel) stands under a key of ours, and we have no record of it.
bool is_unrecorded(const Plan& plan, const std::string& key, const plan::Resource& resource) {
    const bool told_in_part = std::holds_alternative<plan::SharedSecret>(resource) ||
                              std::holds_alternative<plan::Connection>(resource) ||
                              std::holds_alternative<plan::Authority>(resource) ||
                              std::holds_alternative<plan::Link>(resource) ||
                              std::holds_alternative<plan::Tunnel>(resource);
    return told_in_part && !(plan.record && plan.record->owned.contains(key));
}

std::vector<base::Error> foreign_values(const Plan& plan) {
    std::vector<std::string> names;
    for (const auto& action : plan.actions)
        if (is_foreign(plan, action))
            names.push_back(action.key());
    for (const auto& [key, resource] : plan.observed)
        if (is_unrecorded(plan, key, resource) && std::ranges::find(names, key) == names.end())
            names.push_back(key);
    std::vector<base::Error> faults;
    faults.reserve(names.size());
    for (const auto& name : names)
        faults.push_back(
            {.code = code::foreign_value,
             .what = msg(N_("{name} is there already, and eligate did not make it"), {{"name", name}}),
             .evidence = {{"resource", name}}});
    return faults;
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

Record next_record(const Engine& engine, const Goal& goal, const Plan& plan) {
    Record record{.generation = generation_of(plan) + 1,
                  .committed_at = engine.now(),
                  .profile_id = goal.profile_id,
                  .revision = goal.revision,
                  .clinic = goal.clinic,
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

/// Runs the actions; the number of those begun comes back beside the first error.
std::pair<std::size_t, Result<>> act_all(const Engine& engine, Journal& journal,
                                         const std::vector<plan::Action>& actions) {
    const std::span<const plan::Action> all(actions);
    for (std::size_t begun = 0; begun < all.size();) {
        if (engine.cancel.requested())
            return {begun, base::Unexpected(cancelled())};
        const auto batch = plan::next_batch(all.subspan(begun));
        for (const auto& action : batch)
            engine.observer.acting(action);
        if (auto noted = journal.doing(begun, batch.size()); !noted)
            return {begun, std::move(noted)};
        begun += batch.size();
        if (auto acted = engine.machine.act(batch); !acted)
            return {begun, std::move(acted)};
    }
    return {actions.size(), journal.done(actions.size())};
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
    if (plan.actions.empty() && !plan.unfinished)
        return Outcome{.end = End::unchanged, .generation = plan.record ? plan.record->generation : 0};
    if (auto faults = obstacles(plan, goal, Trying::looks); !faults.empty())
        return untouched(plan, std::move(faults));
    if (!confirm(plan))
        return Outcome{.end = End::untouched,
                       .actions = plan.actions,
                       .error = base::Error{.code = code::not_confirmed, .what = msg(N_("not confirmed"))}};
    if (auto faults = obstacles(plan, goal, Trying::writes); !faults.empty())
        return untouched(plan, std::move(faults));
    ELIGATE_TRY_ASSIGN(const auto lock, lock_and_recover(engine, "apply", plan,
                                                         [&] { return plan_goal(engine, goal.desired); }));
    ELIGATE_TRY(refuse_foreign(plan));
    if (plan.actions.empty())
        return Outcome{.end = End::unchanged, .generation = plan.record ? plan.record->generation : 0};
    auto preflight = goal.preflight();
    if (!preflight.passed() || engine.cancel.requested())
        return Outcome{.end = End::untouched,
                       .actions = plan.actions,
                       .error = engine.cancel.requested() ? cancelled() : proof_failed(preflight),
                       .report = std::move(preflight)};

    Journal journal(engine.store);
    ELIGATE_TRY(journal.begin(generation_of(plan), plan.actions));
    auto [begun, acted] = act_all(engine, journal, plan.actions);
    if (!acted)
        return put_back(engine, journal, plan, begun, std::move(acted).error(), std::nullopt);
    engine.observer.proving();
    auto report = goal.prove(preflight);
    if (!report.passed() || engine.cancel.requested()) {
        auto cause = engine.cancel.requested() ? cancelled() : proof_failed(report);
        return put_back(engine, journal, plan, begun, std::move(cause), std::move(report));
    }
    const auto record = next_record(engine, goal, plan);
    if (auto kept = commit(engine, next_generation(goal, plan, record, report), record); !kept)
        return put_back(engine, journal, plan, begun, std::move(kept).error(), std::move(report));
    close(engine, journal, record.generation);
    return Outcome{.end = End::committed,
                   .actions = plan.actions,
                   .error = std::nullopt,
                   .report = std::move(report),
                   .leftover = {},
                   .generation = record.generation};
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
    auto [begun, acted] = act_all(engine, journal, plan.actions);
    if (!acted)
        return put_back(engine, journal, plan, begun, std::move(acted).error(), std::nullopt);
    if (const auto left = finish(engine, plan.record->owned, with_baseline({}, *plan.record)); !left.empty())
        return put_back(engine, journal, plan, begun, not_removed(left), std::nullopt);
    if (auto deleted = delete_record(engine.store); !deleted && !is_decided(engine, 0))
        return put_back(engine, journal, plan, begun, std::move(deleted).error(), std::nullopt);
    close(engine, journal, 0);
    return outcome;
}

} // namespace eligate::apply
