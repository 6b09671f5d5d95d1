// SPDX-License-Identifier: Apache-2.0
#include "cli/view/table.hpp"

#include "cli/width.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace eligate::cli {

std::string aligned(const Table& table, std::size_t indent, const Style& style) {
    // A label longer than a third of the line would leave the texts no room: it stands before its own text.
    const auto widest = style.columns / 3;
    std::size_t left = 0;
    for (const auto& [label, text] : table)
        if (const auto columns = width(label); columns <= widest)
            left = std::max(left, columns);
    const std::string blank(indent, ' ');
    std::string out;
    for (const auto& [label, text] : table) {
        if (width(label) <= widest) {
            out += paragraph(fmt::format("{}{} ", blank, padded(label + ":", left + 1)), text, style.columns);
            continue;
        }
        auto first = blank;
        for (const auto& line : wrapped(fmt::format("{}: {}", label, text),
                                        style.columns - std::min(style.columns / 2, indent + 4))) {
            out += fmt::format("{}{}\n", first, line);
            first = blank + "    ";
        }
    }
    return out;
}

} // namespace eligate::cli
