// SPDX-License-Identifier: Apache-2.0
/// Messages on disk: what a generation tells must be readable in both languages years later, so the text's
/// key and its arguments are kept, not one language's rendering.
#pragma once

#include "base/message.hpp"
#include "base/result.hpp"

#include <nlohmann/json_fwd.hpp>

namespace eligate::apply {

nlohmann::ordered_json to_json(const base::Message& message);

/// Error record_damaged for what to_json did not write. The msgid it points to lives as long as the process:
/// one command reads a few dozen of them.
base::Result<base::Message> message_of(const nlohmann::ordered_json& json);

} // namespace eligate::apply
