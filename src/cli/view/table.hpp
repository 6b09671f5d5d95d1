// SPDX-License-Identifier: Apache-2.0
/// Labels in one column, texts in the next.
#pragma once

#include "cli/style.hpp"

#include <string>
#include <utility>
#include <vector>

namespace eligate::cli {

/// Label and text, both ready to be shown.
using Table = std::vector<std::pair<std::string, std::string>>;

/// "label: text", the texts aligned and wrapped, every line after `indent` blanks.
std::string aligned(const Table& table, std::size_t indent, const Style& style);

} // namespace eligate::cli
