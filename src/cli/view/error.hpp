// SPDX-License-Identifier: Apache-2.0
/// One failure: what happened, during what, the evidence, what to do and whose turn it is.
#pragma once

#include "base/error.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <string>

namespace eligate::cli {

std::string render(const base::Error& error, const Style& style);

/// The value of the key "error".
Json to_json(const base::Error& error, const Style& style);

} // namespace eligate::cli
