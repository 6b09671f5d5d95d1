// SPDX-License-Identifier: Apache-2.0
#include "cli/view/difference.hpp"

#include "cli/width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace eligate::cli {
namespace {

using Kind = DifferenceLine::Kind;
using Lines = std::span<const std::string>;

constexpr std::size_t largest_table = 4'000'000;
constexpr std::size_t context_lines = 2;

void put(std::vector<DifferenceLine>& out, Kind kind, Lines lines) {
    for (const auto& line : lines)
        out.push_back({.kind = kind, .text = line});
}

/// By the longest common subsequence; `a` and `b` have neither first nor last line in common.
void compare(std::vector<DifferenceLine>& out, Lines a, Lines b) {
    const auto columns = b.size() + 1;
    if (a.empty() || b.empty() || columns > largest_table / (a.size() + 1)) {
        put(out, Kind::removed, a);
        put(out, Kind::added, b);
        return;
    }
    // common[i, j]: length of the longest common subsequence of a[i…] and b[j…].
    std::vector<std::size_t> common((a.size() + 1) * columns);
    for (std::size_t i = a.size(); i-- > 0;)
        for (std::size_t j = b.size(); j-- > 0;)
            common[(i * columns) + j] =
                a[i] == b[j] ? common[((i + 1) * columns) + j + 1] + 1
                             : std::max(common[((i + 1) * columns) + j], common[(i * columns) + j + 1]);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        if (i < a.size() && j < b.size() && a[i] == b[j]) {
            put(out, Kind::same, a.subspan(i, 1));
            ++i;
            ++j;
        } else if (j == b.size() ||
                   (i < a.size() && common[((i + 1) * columns) + j] >= common[(i * columns) + j + 1])) {
            put(out, Kind::removed, a.subspan(i++, 1));
        } else {
            put(out, Kind::added, b.subspan(j++, 1));
        }
    }
}

/// Leaves out equal lines that are far from any change.
std::vector<DifferenceLine> shortened(const std::vector<DifferenceLine>& all) {
    std::vector<bool> near(all.size(), false);
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].kind != Kind::same)
            for (auto k = i - std::min(i, context_lines); k < std::min(all.size(), i + context_lines + 1);
                 ++k)
                near[k] = true;
    std::vector<DifferenceLine> out;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (near[i])
            out.push_back(all[i]);
        else if (out.empty() || out.back().kind != Kind::gap)
            out.push_back({.kind = Kind::gap, .text = {}});
    }
    return out;
}

/// nft indents its listings with tabs.
std::string untabbed(std::string_view line) {
    std::string out;
    for (const char c : line)
        out += c == '\t' ? std::string(4, ' ') : std::string(1, c);
    return out;
}

} // namespace

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::vector<DifferenceLine> difference(const std::vector<std::string>& before,
                                       const std::vector<std::string>& after) {
    Lines a = before;
    Lines b = after;
    const auto front = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
    a = a.subspan(front);
    b = b.subspan(front);
    std::size_t back = 0;
    while (back < a.size() && back < b.size() && a[a.size() - 1 - back] == b[b.size() - 1 - back])
        ++back;
    std::vector<DifferenceLine> all;
    put(all, Kind::same, Lines(before).first(front));
    compare(all, a.first(a.size() - back), b.first(b.size() - back));
    put(all, Kind::same, a.last(back));
    return shortened(all);
}

std::string render(std::span<const DifferenceLine> lines, const Style& style) {
    std::string out;
    for (const auto& line : lines) {
        using enum DifferenceLine::Kind;
        if (line.kind == gap) {
            out += style.paint(Tone::quiet, "      ...") + '\n';
            continue;
        }
        const auto* const sign = line.kind == added ? "+ " : line.kind == removed ? "- " : "  ";
        const auto tone = line.kind == added ? Tone::good : line.kind == removed ? Tone::bad : Tone::quiet;
        auto text = fmt::format("      {}{}", sign, visible(untabbed(line.text)));
        text.erase(text.find_last_not_of(' ') + 1);
        out += style.paint(tone, text) + '\n';
    }
    return out;
}

} // namespace eligate::cli
