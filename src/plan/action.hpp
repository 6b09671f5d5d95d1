// SPDX-License-Identifier: Apache-2.0
/// The difference between two states as ordered actions, each holding the previous and the new value, so that
/// the way back is mechanical.
#pragma once

#include "base/message.hpp"
#include "plan/resource.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eligate::plan {

enum class Verb { create, replace, remove };

struct Action {
    std::optional<Resource> before;
    std::optional<Resource> after;

    Verb verb() const;
    /// The new value, or for a removal the previous one.
    const Resource& subject() const { return after ? *after : *before; }
    std::string key() const { return key_of(subject()); }
    bool operator==(const Action&) const = default;
};

/// What leads from `observed` to `desired`. Resources only in `observed` are removed: the caller observes
/// nothing that is not ours. Creations and replacements come first, in the order of dependence (the firewall
/// first); removals last, in the opposite order (the firewall last). Equal states give no action.
std::vector<Action> diff(const State& observed, const State& desired);

/// The way back: each action swapped, in the order that diff() has: an old tunnel needs its old secret first.
std::vector<Action> inverse(const std::vector<Action>& actions);

/// The state after `actions` were carried out on `state`.
State carried_out(State state, const std::vector<Action>& actions);

/// The first of `actions` (there is one), and those right behind it that may be carried out together with it
/// because none depends on another: routes that are all made or all removed; so, too, rules. Anything else is
/// by itself.
std::span<const Action> next_batch(std::span<const Action> actions);

enum class Tense { plan, progress };

/// "Load the connection eligate-1 into strongSwan" or "Loading …". Names no secret.
base::Message describe(const Action& action, Tense tense);

} // namespace eligate::plan
