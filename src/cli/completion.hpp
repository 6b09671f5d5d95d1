// SPDX-License-Identifier: Apache-2.0
/// Completion for bash, made at build time from the table behind --help.
#pragma once

#include <string>

namespace eligate::cli {

/// A script for bash-completion's folder; it needs nothing of bash-completion itself.
std::string bash_completion();

} // namespace eligate::cli
