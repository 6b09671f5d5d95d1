// SPDX-License-Identifier: Apache-2.0
#include "cli/view/diagnostics.hpp"

#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace eligate::cli {
namespace {

using base::Diagnostic;
using base::Severity;
using base::SourceSpan;

/// A byte that is not the tail of a UTF-8 sequence; SourceSpan counts characters in the same way.
bool starts_character(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
}

/// The bytes before the character number `count` (from 0).
std::string_view characters(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    while (at < text.size()) {
        if (starts_character(text[at]) && count-- == 0)
            break;
        ++at;
    }
    return text.substr(0, at);
}

/// The part of a long line around the fault, as it can be shown, and where the carets stand in it.
struct Window {
    std::string text;
    std::size_t caret = 0;
    std::size_t length = 1;
};

Window window_of(std::string_view line, const SourceSpan& where, std::size_t columns) {
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    const auto before = characters(line, where.column > 0 ? where.column - 1 : 0);
    const auto marked = characters(line.substr(before.size()), std::max<std::size_t>(where.length, 1));
    const auto shown_before = visible(before);
    // What stands after the mark is worth some columns, never megabytes of a one-line file.
    const auto after = fitting(line.substr(before.size() + marked.size()), columns);
    const auto shown = visible(marked) + visible(after);

    Window window;
    const std::size_t room = columns > 20 ? columns : 20;
    const auto left = width(shown_before);
    if (left > room * 2 / 3) {
        // Whole characters only, so that a wide one is never cut in two.
        const auto cut = fitting(shown_before, left - (room / 3));
        window.text = "..." + shown_before.substr(cut.size());
    } else {
        window.text = shown_before;
    }
    window.caret = width(window.text);
    const auto rest = fitting(shown, room > window.caret ? room - window.caret : 1);
    window.text += rest;
    window.length = std::clamp<std::size_t>(width(visible(marked)), 1, std::max<std::size_t>(width(rest), 1));
    return window;
}

std::string excerpt(const std::string& line, const SourceSpan& where, Tone tone, const Style& style) {
    const auto number = std::to_string(where.line);
    const auto margin = number.size() + 5;
    const auto window = window_of(line, where, style.columns > margin ? style.columns - margin : 20);
    const std::string blank(number.size(), ' ');
    auto marks = std::string(window.length, '~');
    marks.front() = '^';
    return fmt::format("{} {}\n{} {}{}\n", style.paint(Tone::quiet, fmt::format("  {} |", number)),
                       window.text, style.paint(Tone::quiet, fmt::format("  {} |", blank)),
                       std::string(window.caret, ' '), style.paint(tone, marks));
}

std::string place(const SourceSpan& where) {
    if (where.line == 0)
        return fmt::format("{}: ", visible(where.file));
    return fmt::format("{}:{}:{}: ", visible(where.file), where.line, where.column);
}

std::string one(const base::Diagnostics& all, const Diagnostic& diagnostic, const Style& style) {
    const bool error = diagnostic.severity == Severity::error;
    const auto tone = error ? Tone::bad : Tone::warning;
    const auto word = style.say(error ? base::msg(N_("error")) : base::msg(N_("warning")));
    auto out = diagnostic.where ? style.paint(Tone::strong, place(*diagnostic.where)) : std::string();
    out += fmt::format("{}: {}\n", style.paint(tone, fmt::format("{}[{}]", word, diagnostic.code.id)),
                       style.say(diagnostic.what));
    if (diagnostic.where)
        if (const auto line = all.line_of(*diagnostic.where))
            out += excerpt(*line, *diagnostic.where, tone, style);
    for (const auto& hint : diagnostic.hints)
        out += paragraph(fmt::format("  {}: ", style.say(base::msg(N_("hint")))), style.say(hint),
                         style.columns);
    return out;
}

} // namespace

std::string render(const base::Diagnostics& diagnostics, const Style& style) {
    std::string out;
    std::size_t errors = 0;
    std::size_t warnings = 0;
    for (const auto& diagnostic : diagnostics.sorted()) {
        out += one(diagnostics, diagnostic, style);
        ++(diagnostic.severity == Severity::error ? errors : warnings);
    }
    if (out.empty())
        return out;
    out += '\n';
    out += style.say(base::msg(N_("errors: {errors}, warnings: {warnings}"),
                               {{"errors", std::to_string(errors)}, {"warnings", std::to_string(warnings)}}));
    if (errors > 0)
        out += "  " + style.say(base::msg(N_("(more about a code: eligate explain CODE)")));
    return out + '\n';
}

Json to_json(const base::Diagnostics& diagnostics, const Style& style) {
    auto list = Json::array();
    for (const auto& diagnostic : diagnostics.sorted()) {
        Json json;
        const bool placed = diagnostic.where && diagnostic.where->line > 0;
        json["severity"] = diagnostic.severity == Severity::error ? "error" : "warning";
        json["code"] = diagnostic.code.id;
        json["message"] = style.say(diagnostic.what);
        json["file"] = diagnostic.where ? Json(diagnostic.where->file) : Json(nullptr);
        json["line"] = placed ? Json(diagnostic.where->line) : Json(nullptr);
        json["column"] = placed ? Json(diagnostic.where->column) : Json(nullptr);
        json["length"] = placed ? Json(diagnostic.where->length) : Json(nullptr);
        json["hints"] = Json::array();
        for (const auto& hint : diagnostic.hints)
            json["hints"].push_back(style.say(hint));
        list.push_back(std::move(json));
    }
    return list;
}

} // namespace eligate::cli
