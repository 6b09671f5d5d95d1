// SPDX-License-Identifier: Apache-2.0
/// What became of an apply or a remove.
#pragma once

#include "apply/transaction.hpp"
#include "catalog/catalog.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <span>
#include <string>

namespace eligate::cli {

/// The process's answer: what became of the machine counts, and an interruption by the person.
catalog::Exit exit_of(const apply::Outcome& outcome);

/// "unchanged", "committed", "untouched", "rolled_back", "incomplete"
std::string_view id_of(apply::End end);

/// The steps that a person has to do by hand, each with the command for it where there is one.
std::string render_leftover(std::span<const plan::Action> leftover, const Style& style);

/// The values of the keys "result", "generation", "actions", "verify", "error", "faults" and "leftover".
void put_outcome(Json& json, const apply::Outcome& outcome, const Style& style);

} // namespace eligate::cli
