// SPDX-License-Identifier: Apache-2.0
/// What somebody else changed: which resource, when, and whose file it is now.
#pragma once

#include "apply/drift.hpp"
#include "apply/record.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <vector>

namespace eligate::cli {

/// Empty for no drift.
std::string render(const std::vector<apply::Drift>& drift, const apply::Record& since, const Style& style);
/// The value of the key "drift": like "actions", with "since" (null where no trace is left) and "owner".
Json to_json(const std::vector<apply::Drift>& drift, const Style& style);

} // namespace eligate::cli
