// SPDX-License-Identifier: Apache-2.0
/// Resources, actions and states as JSON for the journal and the record: complete, secrets included, so the
/// text is itself a secret. Version 1 of both files.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "plan/action.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace eligate::apply {

nlohmann::ordered_json to_json(const plan::State& state);
nlohmann::ordered_json to_json(const std::vector<plan::Action>& actions);

/// Error record_damaged for anything that to_json did not write.
base::Result<plan::State> state_of(const nlohmann::ordered_json& json);
base::Result<std::vector<plan::Action>> actions_of(const nlohmann::ordered_json& json);

/// The text, in a buffer that is wiped; and back, with record_damaged for what is no JSON.
base::Secret text_of(const nlohmann::ordered_json& json);
base::Result<nlohmann::ordered_json> json_of(std::string_view text);

} // namespace eligate::apply
