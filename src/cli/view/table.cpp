// SPDX-License-Identifier: Apache-2.0
#include "cli/view/table.hpp"

#include "cli/width.hpp"

#include <algorithm>

namespace eligate::cli {

std::string aligned(const Table& table, std::size_t indent, const Style& style) {
    std::size_t left = 0;
    for (const auto& [label, text] : table)
        left = std::max(left, width(label));
    left = std::min(left, style.columns / 3);
    std::string out;
    for (const auto& [label, text] : table)
        out += paragraph(std::string(indent, ' ') + padded(label + ":", left + 1) + ' ', text, style.columns);
    return out;
}

} // namespace eligate::cli
