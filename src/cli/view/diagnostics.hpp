// SPDX-License-Identifier: Apache-2.0
/// What is wrong with the input files: for people as a compiler would say it, for scripts as a list.
#pragma once

#include "base/diagnostic.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <string>

namespace eligate::cli {

/// "site.toml:3:9: error[PRF014]: …", the line, a caret, the hints; then a line that counts. Empty if there
/// is nothing to say.
std::string render(const base::Diagnostics& diagnostics, const Style& style);

/// The list for the key "diagnostics".
Json to_json(const base::Diagnostics& diagnostics, const Style& style);

} // namespace eligate::cli
