// SPDX-License-Identifier: Apache-2.0
/// What a file's bytes must be before any parser sees them.
#pragma once

#include "base/diagnostic.hpp"

#include <string>
#include <string_view>

namespace eligate::profile {

/// Reports size, long lines, invalid UTF-8, control characters and deep nesting. False if the text must not
/// be parsed.
bool check_text(const std::string& file, std::string_view text, base::Diagnostics& diagnostics);

/// The text with everything replaced that could act on a terminal or hide something, one character for one,
/// so that columns stay right; lines far too long to show are cut.
std::string harmless(std::string_view text);

} // namespace eligate::profile
