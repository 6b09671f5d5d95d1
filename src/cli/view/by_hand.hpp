// SPDX-License-Identifier: Apache-2.0
/// The command line with which a person does what eligate could not.
#pragma once

#include "plan/action.hpp"

#include <string>

namespace eligate::cli {

/// Empty where no single command does it (a file's old content, the firewall table's old rules).
std::string by_hand(const plan::Action& action);

} // namespace eligate::cli
