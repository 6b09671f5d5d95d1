// SPDX-License-Identifier: Apache-2.0
/// The one way in which eligate changes a machine: observe, diff, confirm, preflight, journal, act, prove,
/// and commit or put everything back. `apply`, `remove`, the way back and the recovery of an earlier run
/// share it.
#pragma once

#include "apply/generation.hpp"
#include "apply/journal.hpp"
#include "apply/record.hpp"
#include "base/cancel.hpp"
#include "plan/action.hpp"
#include "port/deadline.hpp"
#include "port/machine.hpp"
#include "port/store.hpp"
#include "verify/check.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

/// Hears what happens; called from the calling thread, between the actions.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    Observer(Observer&&) = delete;
    Observer& operator=(Observer&&) = delete;
    virtual ~Observer() = default;

    /// Somebody else holds the lock, and is waited for; the error says who.
    virtual void waiting(const base::Error& locked) = 0;
    virtual void acting(const plan::Action& action) = 0;
    virtual void proving() = 0;
    /// The way back begins, because of this.
    virtual void undoing(const base::Error& cause) = 0;
};

enum class Trying {
    /// Asks the file systems, and writes nothing.
    looks,
    /// Writes where the change will, and takes it away again.
    writes,
};

/// How long the steps and the ladder may take until the alarm outside of this process puts everything back.
/// They are bounded, each for itself; on the slowest machine they were tried on, all of them together took a
/// minute.
inline constexpr std::chrono::seconds longest_change(300);

/// A change that is in force, and goes back unless a person confirms it.
struct Waiting {
    /// What `eligate confirm` is given.
    std::string change;
    std::uint32_t generation = 0;
    std::chrono::seconds left{};
};

struct Plan;

/// What is to be, and how to know that it works.
struct Goal {
    plan::State desired;
    /// For the record.
    std::string profile_id;
    std::uint32_t revision = 0;
    std::string clinic;
    /// For a person, beside the actions.
    std::vector<base::Message> notes = {};
    /// What can be known before anything is touched; a failure here means that nothing is.
    std::function<verify::Report()> preflight;
    /// The whole ladder, with everything in place; what the preflight found out need not be asked again. Only
    /// a report that passed commits.
    std::function<verify::Report(const verify::Report& preflight)> prove;
    /// What keeps these actions from being written down; nothing here: not asked.
    std::function<std::vector<base::Error>(const std::vector<plan::Action>& actions, Trying trying)> room =
        {};
    /// For the generation.
    Provenance provenance = {};
    /// Kept also where nothing but the provider's or the centre's part fails: a service that opens later.
    bool unproven = false;
    /// How long to wait for a person's confirmation of these actions, once they are proven; nothing here, or
    /// no time: not at all.
    std::function<std::chrono::seconds(const Plan& plan)> hold = {};
};

/// What would change.
struct Plan {
    std::vector<plan::Action> actions;
    /// The observed value of everything that is ours or wanted.
    plan::State observed;
    std::optional<Record> record;
    /// An earlier run did not end; apply and remove put it back first.
    bool unfinished = false;
    /// The last change waits for its confirmation; nothing else begins before.
    std::optional<Waiting> waiting = std::nullopt;
};

enum class End {
    /// The machine was as wanted already, by the same files; nothing was written, loaded or sent.
    unchanged,
    committed,
    /// In force, and not for good yet: `waiting` says what is asked of a person.
    held,
    /// Something failed before the first action.
    untouched,
    rolled_back,
    /// Something could not be put back: `leftover` says what.
    incomplete,
};

struct Outcome {
    End end = End::untouched;
    std::vector<plan::Action> actions = {};
    /// Why it is not committed.
    std::optional<base::Error> error = std::nullopt;
    /// Everything that was in the way before the first change, where `error` is the first of several.
    std::vector<base::Error> faults = {};
    /// Of the last climb: the preflight's or the ladder's.
    std::optional<verify::Report> report = std::nullopt;
    /// What would still have to be done to be back where it started.
    std::vector<plan::Action> leftover = {};
    std::uint32_t generation = 0;
    /// False: committed although the ladder failed, as the goal allowed.
    bool proven = true;
    std::optional<Waiting> waiting = std::nullopt;
};

/// Asked once, before the first change; false means: leave it. Not asked where only the proof is still owed.
using Confirm = std::function<bool(const Plan& plan)>;

struct Engine {
    port::Machine& machine;
    port::Store& store;
    Observer& observer;
    port::Deadline& deadline;
    const base::Cancel& cancel;
    /// Seconds since the epoch.
    std::function<std::int64_t()> now;
    /// How long to wait for another command that changes this machine.
    std::chrono::seconds patience = {};
};

/// Looks and compares; changes nothing.
base::Result<Plan> plan_goal(const Engine& engine, const plan::State& desired);
/// What remove would do. Error nothing_applied if there is no record.
base::Result<Plan> plan_removal(const Engine& engine);

/// What stands in the way of carrying `plan` out, all at once: a change that waits for its confirmation,
/// things of the same name that eligate did not make, and no room to write. Before the question it looks,
/// after it it tries.
std::vector<base::Error> obstacles(const Plan& plan, const Goal& goal, Trying trying);

/// Errors only for what failed before anything was decided (observing, the lock, the record); everything
/// after that is an Outcome.
base::Result<Outcome> apply_goal(const Engine& engine, const Goal& goal, const Confirm& confirm);
base::Result<Outcome> remove_all(const Engine& engine, const Confirm& confirm);

} // namespace eligate::apply
