// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"

#include "cli/exit_codes.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace eligate::cli {
namespace {

struct Line {
    std::string left;
    std::string right;
};

std::string heading(const char* msgid, const Style& style) {
    return style.paint(Tone::strong, style.say(base::msg(msgid))) + '\n';
}

/// Two columns; the left one as wide as its widest entry, but a third of the screen at most.
std::string columns(const std::vector<Line>& lines, const Style& style) {
    std::size_t left = 0;
    for (const auto& line : lines)
        left = std::max(left, width(line.left));
    left = std::min(left, style.columns / 3);
    std::string out;
    for (const auto& line : lines) {
        auto first = fmt::format("  {}  ", padded(line.left, left));
        if (width(line.left) > left) {
            out += fmt::format("  {}\n", line.left);
            first = std::string(left + 4, ' ');
        }
        out += paragraph(first, line.right, style.columns);
    }
    return out;
}

std::string option_lines(std::span<const OptionRow> own, const Style& style) {
    std::vector<Line> lines;
    for (const auto rows : {own, common_options()})
        for (const auto& row : rows)
            lines.push_back(
                {.left = row.value == nullptr ? row.name : fmt::format("{} {}", row.name, row.value),
                 .right = style.say(base::msg(row.help))});
    return heading(N_("Options:"), style) + columns(lines, style);
}

/// Each example on lines of its own, so that it can be copied, with what it is for above it.
std::string example_lines(std::span<const Example> examples, const Style& style) {
    std::string out = heading(examples.size() == 1 ? N_("Example:") : N_("Examples:"), style);
    for (const auto& example : examples) {
        out += paragraph("  # ", style.say(base::msg(example.what)), style.columns);
        out += fmt::format("  {}\n", example.line);
    }
    return out;
}

std::string command_lines(std::string_view group, const Style& style) {
    std::vector<Line> lines;
    for (const auto& row : commands()) {
        if (group_of(row) != group)
            continue;
        const auto word = group.empty() ? row.name : row.name.substr(group.size() + 1);
        lines.push_back(
            {.left = fmt::format("{} {}", word, row.operands), .right = style.say(base::msg(row.summary))});
    }
    return heading(N_("Commands:"), style) + columns(lines, style);
}

std::string exit_code_lines(const Style& style) {
    std::vector<Line> lines;
    for (const auto& row : exit_codes())
        lines.push_back(
            {.left = std::to_string(static_cast<int>(row.exit)), .right = style.say(base::msg(row.meaning))});
    return heading(N_("Exit codes:"), style) + columns(lines, style);
}

std::string overview(const Style& style) {
    static constexpr Example first{.line = "eligate check --help",
                                   .what = N_("every command says more about itself")};
    std::string out = style.say(base::msg(N_("Usage: eligate COMMAND [OPTION...]"))) + "\n\n";
    out += paragraph(
        "",
        style.say(base::msg(N_("Connects a clinic to the eligibility network over IPsec+IKE, and proves "
                               "that it works."))),
        style.columns);
    out += '\n' + command_lines("", style);
    out += '\n' + option_lines({}, style);
    out += '\n' + example_lines({&first, 1}, style);
    out += '\n';
    out += exit_code_lines(style);
    out += '\n' + style.say(base::msg(N_("More: {command}"), {{"command", "man eligate"}})) + '\n';
    return out;
}

} // namespace

std::string help(const CommandRow* command, const Style& style) {
    if (command == nullptr)
        return overview(style);
    auto usage = fmt::format("eligate {}", command->name);
    if (!command->operands.empty())
        usage += fmt::format(" {}", command->operands);
    std::string out = style.say(base::msg(N_("Usage: {usage} [OPTION...]"), {{"usage", usage}})) + "\n\n";
    out += paragraph("", style.say(base::msg(command->description)), style.columns);
    if (is_group(*command))
        out += '\n' + command_lines(command->name, style);
    out += '\n' + option_lines(command->options, style);
    out += '\n' + example_lines(command->examples, style);
    return out;
}

} // namespace eligate::cli
