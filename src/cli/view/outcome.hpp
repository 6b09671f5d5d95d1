// SPDX-License-Identifier: Apache-2.0
/// What became of an apply or a remove.
#pragma once

#include "apply/transaction.hpp"
#include "catalog/catalog.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <optional>
#include <span>
#include <string>

namespace eligate::cli {

/// The process's answer: what became of the machine counts, and an interruption by the person.
catalog::Exit exit_of(const apply::Outcome& outcome);

/// "unchanged", "committed", "held", "untouched", "rolled_back", "incomplete"
std::string_view id_of(apply::End end);

/// The steps that a person has to do by hand, each with the command for it where there is one.
std::string render_leftover(std::span<const plan::Action> leftover, const Style& style);

/// What to type to keep a change that waits, and to put it back: a line each, for copying.
std::string render_waiting(const apply::Waiting& waiting, const Style& style);

/// null where nothing waits for a confirmation.
Json hold_json(const std::optional<apply::Waiting>& waiting);

/// The values of the keys "result", "generation", "proven", "hold", "actions", "verify", "error", "faults"
/// and "leftover".
void put_outcome(Json& json, const apply::Outcome& outcome, const Style& style);

} // namespace eligate::cli
