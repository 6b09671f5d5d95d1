// SPDX-License-Identifier: Apache-2.0
/// Two texts line by line.
#pragma once

#include "cli/style.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::cli {

struct DifferenceLine {
    /// gap: some equal lines are left out here.
    enum class Kind { same, added, removed, gap } kind = Kind::same;
    std::string text;
    bool operator==(const DifferenceLine&) const = default;
};

/// The lines of a text, without their ends.
std::vector<std::string> lines_of(std::string_view text);

/// What to take from `before` and to add for `after`, with up to two equal lines around each change. Texts of
/// more than a few thousand changed lines are not compared line by line: all of one goes, all of the other
/// comes.
std::vector<DifferenceLine> difference(const std::vector<std::string>& before,
                                       const std::vector<std::string>& after);

/// One line each, after six blanks and "+ " or "- ". Not wrapped: a wrapped line of a file could be read as
/// two.
std::string render(std::span<const DifferenceLine> lines, const Style& style);

} // namespace eligate::cli
