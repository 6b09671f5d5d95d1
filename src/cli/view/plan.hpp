// SPDX-License-Identifier: Apache-2.0
/// What apply or remove would do: one sentence an action, in the order in which it happens, with what changes
/// inside files, firewall and connections. No secret is shown; of a file that holds one only that it changes.
#pragma once

#include "cli/style.hpp"
#include "cli/view/json.hpp"
#include "plan/action.hpp"

#include <span>
#include <string>

namespace eligate::cli {

/// brief: the sentences alone, which fit on a screen before a question.
enum class Detail { brief, full };

/// The grouped sentences, without head and foot. Empty for no action.
std::string render(std::span<const plan::Action> actions, Detail detail, const Style& style);

/// The value of the key "actions".
Json to_json(std::span<const plan::Action> actions, const Style& style);

} // namespace eligate::cli
