// SPDX-License-Identifier: Apache-2.0
/// From a command line to an exit code.
#pragma once

#include "base/cancel.hpp"
#include "catalog/catalog.hpp"
#include "cli/console.hpp"
#include "cli/engine.hpp"

#include <span>
#include <string>

namespace eligate::cli {

/// `arguments` without the program's name. Writes the result to console.out and everything for people to
/// console.err; throws nothing.
catalog::Exit run(std::span<const std::string> arguments, const Console& console, Engine& engine,
                  const base::Cancel& cancel);

} // namespace eligate::cli
