// SPDX-License-Identifier: Apache-2.0
/// The machine this process runs on, as the commands use it: where the real adapters are chosen (with
/// main.cpp, the only place that names linux/).
#pragma once

#include "base/cancel.hpp"
#include "cli/engine.hpp"

#include <string>

namespace eligate {

/// `templates` is the folder of the templates. Error: not_root. Only the goal reads templates:
/// template_broken. `cancel` outlives the answer.
base::Result<cli::Appliance> this_machine(const std::string& templates, const base::Cancel& cancel);

} // namespace eligate
