// SPDX-License-Identifier: Apache-2.0
#include "apply/hold.hpp"

#include "apply/generation.hpp"
#include "apply/lock.hpp"
#include "apply/way_back.hpp"
#include "catalog/catalog.hpp"

#include <algorithm>
#include <utility>

namespace eligate::apply {
namespace {

using base::msg;
using base::Result;
namespace code = catalog::code;

/// A held change, with the lock that keeps it from going back meanwhile.
struct Held {
    std::unique_ptr<port::Lock> lock;
    Unfinished unfinished;
    Record record;
};

/// Nothing as `change`: whichever there is.
Result<Held> take(const Engine& engine, std::string_view purpose, std::optional<std::string_view> change) {
    ELIGATE_TRY_ASSIGN(auto lock, take_lock(engine, purpose));
    ELIGATE_TRY_ASSIGN(auto unfinished, Journal::read(engine.store));
    ELIGATE_TRY_ASSIGN(auto record, read_record(engine.store));
    if (!unfinished || !is_held(*unfinished, record))
        return base::fail(code::nothing_held, msg(N_("no change waits for a confirmation")));
    if (change && unfinished->id != *change)
        return base::fail(
            code::other_change_held,
            msg(N_("{change} is not the change that waits"), {{"change", std::string(*change)}}),
            {{"waits", unfinished->id}});
    return Held{.lock = std::move(lock), .unfinished = std::move(*unfinished), .record = std::move(*record)};
}

Result<Outcome> put_back(const Engine& engine, const Held& held, base::Error cause) {
    engine.observer.undoing(cause);
    Outcome outcome{.end = End::rolled_back, .actions = held.unfinished.actions, .error = std::move(cause)};
    auto left = put_back_unfinished(engine, held.unfinished);
    const auto record = read_record(engine.store);
    if (!left && record && *record && (*record)->hold && (*record)->hold->until != 0)
        return base::Unexpected(std::move(left).error()); // not even begun
    if (!left || !left->empty())
        outcome.end = End::incomplete;
    if (!left)
        outcome.error = std::move(left).error();
    else
        outcome.leftover = std::move(*left);
    return outcome;
}

/// Seconds; none where the hold is of another boot.
std::chrono::seconds time_left(const Hold& hold, const port::Uptime& now) {
    const auto left = std::chrono::seconds(hold.until) - now.since;
    return hold.boot == now.boot ? std::max(left, std::chrono::seconds(0)) : std::chrono::seconds(0);
}

} // namespace

bool is_held(const Unfinished& unfinished, const std::optional<Record>& record) {
    return record && record->hold && !unfinished.id.empty() && record->hold->change == unfinished.id;
}

std::optional<Waiting> waiting(const std::optional<Unfinished>& unfinished,
                               const std::optional<Record>& record, const port::Uptime& now) {
    if (!unfinished || !is_held(*unfinished, record))
        return std::nullopt;
    const auto left = time_left(*record->hold, now);
    if (left.count() == 0)
        return std::nullopt;
    return Waiting{.change = unfinished->id, .generation = record->generation, .left = left};
}

base::Error still_waiting(const Waiting& waiting) {
    const auto seconds = std::to_string(waiting.left.count());
    return {.code = code::change_held,
            .what = msg(N_("generation {generation} still waits for its confirmation"),
                        {{"generation", std::to_string(waiting.generation)}}),
            .evidence = {{"change", waiting.change}, {"left", seconds + " s"}}};
}

Result<Outcome> confirm(const Engine& engine, std::string_view change) {
    ELIGATE_TRY_ASSIGN(auto held, take(engine, "confirm", change));
    if (time_left(*held.record.hold, engine.deadline.uptime()).count() == 0)
        return put_back(engine, held,
                        {.code = code::confirmed_too_late,
                         .what = msg(N_("the time for confirming this change is over"))});
    held.record.hold.reset();
    // What stands there decides, as in a commit.
    if (auto written = write_record(engine.store, held.record); !written) {
        const auto record = read_record(engine.store);
        if (!record || is_held(held.unfinished, *record))
            return base::Unexpected(std::move(written).error());
    }
    // What cannot be tidied up now is for the next run: the journal of a committed change tells it nothing
    // else.
    if (prune_generations(engine.store, held.record.generation) && delete_earlier_record(engine.store))
        static_cast<void>(Journal(engine.store).close());
    engine.deadline.disarm(held.unfinished.id);
    return Outcome{.end = End::committed, .generation = held.record.generation, .proven = held.record.proven};
}

Result<Outcome> give_up(const Engine& engine, std::string_view change) {
    const auto named = change.empty() ? std::nullopt : std::optional(change);
    ELIGATE_TRY_ASSIGN(const auto held, take(engine, "rollback", named));
    ELIGATE_TRY_ASSIGN(
        auto outcome,
        put_back(engine, held, {.code = code::interrupted, .what = msg(N_("stopped on request"))}));
    if (outcome.end == End::rolled_back)
        outcome.error.reset();
    return outcome;
}

bool changes_way_to(const net::Address& peer, const std::vector<plan::Action>& actions) {
    // Rules only lead to these routes.
    return std::ranges::any_of(actions, [&](const plan::Action& action) {
        const auto* const route = std::get_if<plan::Route>(&action.subject());
        return route != nullptr && action.verb() != plan::Verb::replace && route->destination.contains(peer);
    });
}

} // namespace eligate::apply
