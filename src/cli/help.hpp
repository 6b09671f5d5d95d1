// SPDX-License-Identifier: Apache-2.0
/// --help, made from the table of commands; at most Style::columns wide in either language.
#pragma once

#include "cli/commands.hpp"
#include "cli/style.hpp"

#include <string>

namespace eligate::cli {

/// For `command`, or for eligate itself where it is null.
std::string help(const CommandRow* command, const Style& style);

} // namespace eligate::cli
