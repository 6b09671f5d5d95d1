// SPDX-License-Identifier: Apache-2.0
#include "profile/text_check.hpp"

#include "catalog/catalog.hpp"
#include "profile/toml.hpp"
#include "profile/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

// Enough to see what kind of file it is; a binary file would have thousands.
constexpr std::size_t most_faults = 8;
constexpr std::size_t longest_shown_line = 400;

/// One line of the file, without its end.
struct Line {
    std::size_t number = 0;
    std::string_view text;
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin, end - begin);
        if (line.ends_with('\r') && end < text.size())
            line.remove_suffix(1);
        lines.push_back({.number = lines.size() + 1, .text = line});
        begin = end + 1;
    }
    return lines;
}

/// Reports the first character of the line that has no place in a text file.
std::optional<base::Diagnostic> bad_character(const std::string& file, const Line& line) {
    std::size_t column = 1;
    for (auto rest = line.text; !rest.empty(); ++column) {
        const auto character = first_character(rest);
        base::Diagnostic fault{
            .code = code::not_text,
            .what = {},
            .where = base::SourceSpan{.file = file, .line = line.number, .column = column, .length = 1}};
        if (!character) {
            fault.what = msg(N_("the byte {byte} is not UTF-8"),
                             {{"byte", fmt::format("{:02X}", static_cast<unsigned char>(rest.front()))}});
            fault.hints.push_back(msg(N_("save the file as UTF-8; it may be in Shift_JIS now")));
            return fault;
        }
        if (is_hidden(character->value)) {
            fault.what =
                msg(N_("the invisible character {character} stands here"),
                    {{"character", fmt::format("U+{:04X}", static_cast<unsigned>(character->value))}});
            fault.hints.push_back(
                msg(N_("delete it; it often comes in by copying from a PDF or a web page")));
            return fault;
        }
        rest.remove_prefix(character->bytes);
    }
    return std::nullopt;
}

/// Behind the string that begins at `at`, or at the line's end if it does not close there.
std::size_t behind_string(std::string_view text, std::size_t at) {
    const char quote = text[at];
    const std::string triple(3, quote);
    const bool multiline = text.substr(at).starts_with(triple);
    for (std::size_t i = at + (multiline ? 3 : 1); i < text.size(); ++i) {
        if (!multiline && text[i] == '\n')
            return i;
        if (quote == '"' && text[i] == '\\' && text.substr(i + 1, 1) != "\n")
            ++i;
        else if (!multiline && text[i] == quote)
            return i + 1;
        else if (multiline && text.substr(i).starts_with(triple))
            // Up to two quotation marks may stand before the closing three.
            return std::min(text.find_first_not_of(quote, i), i + 5);
    }
    return text.size();
}

/// What the check of a file's structure found, and at which byte.
struct Structure {
    std::optional<std::size_t> too_deep;
    std::optional<std::size_t> not_ascii;
};

/// Follows TOML just far enough to skip strings and comments. What is left nests by brackets and by the dots
/// of keys: toml++ bounds nested values only, and destroys deep tables by recursion. And it is ASCII: a few
/// other characters lead toml++ 3.3 into undefined behaviour.
Structure structure_of(std::string_view text) {
    Structure structure;
    std::size_t open = 0;
    std::size_t dots = 0;
    for (std::size_t at = 0; at < text.size() && !structure.too_deep;) {
        const char c = text[at];
        if (c == '"' || c == '\'') {
            at = std::min(behind_string(text, at), text.size());
            continue;
        }
        if (c == '#') {
            at = std::min(text.find('\n', at), text.size());
            continue;
        }
        if (c == '[' || c == '{')
            ++open;
        else if ((c == ']' || c == '}') && open > 0)
            --open;
        if (c == '.')
            ++dots;
        else if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{')
            dots = 0;
        if (open > max_depth || dots >= max_depth)
            structure.too_deep = at;
        if (static_cast<unsigned char>(c) >= 0x80 && !structure.not_ascii)
            structure.not_ascii = at;
        ++at;
    }
    return structure;
}

base::SourceSpan place_of(const std::string& file, std::string_view text, std::size_t at) {
    const auto before = text.substr(0, at);
    const auto line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    return {.file = file,
            .line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
            .column = count_characters(before.substr(line_begin)) + 1,
            .length = 1};
}

bool check_structure(const std::string& file, std::string_view text, base::Diagnostics& diagnostics) {
    const auto structure = structure_of(text);
    if (structure.too_deep)
        diagnostics.add({.code = code::too_complex,
                         .what = msg(N_("values are nested more than {limit} deep"),
                                     {{"limit", std::to_string(max_depth)}}),
                         .where = place_of(file, text, *structure.too_deep),
                         .hints = {}});
    if (structure.not_ascii) {
        const auto rest = text.substr(*structure.not_ascii);
        const auto character = first_character(rest).value_or(Character{});
        base::Diagnostic fault{.code = code::toml_syntax,
                               .what = msg(N_("“{character}” stands outside quotes"),
                                           {{"character", shown(rest.substr(0, character.bytes))}}),
                               .where = place_of(file, text, *structure.not_ascii),
                               .hints = {}};
        if (is_full_width(character.value))
            fault.hints.push_back(
                msg(N_("it is a full-width character; outside quotes type everything in half-width")));
        else
            fault.hints.push_back(msg(N_("texts stand in double quotes: key = \"text\"")));
        diagnostics.add(std::move(fault));
    }
    return !structure.too_deep && !structure.not_ascii;
}

} // namespace

bool check_text(const std::string& file, std::string_view text, base::Diagnostics& diagnostics) {
    if (text.size() > max_file_bytes) {
        diagnostics.add({.code = code::file_too_large,
                         .what = msg(N_("{file} has {size} bytes; the limit is {limit}"),
                                     {{"file", shown(file)},
                                      {"size", std::to_string(text.size())},
                                      {"limit", std::to_string(max_file_bytes)}}),
                         .where = base::SourceSpan{.file = file, .line = 1, .column = 1, .length = 1}});
        return false;
    }
    std::size_t faults = 0;
    for (const auto& line : lines_of(text)) {
        std::optional<base::Diagnostic> fault;
        if (line.text.size() > max_line_bytes)
            fault = base::Diagnostic{
                .code = code::too_complex,
                .what = msg(
                    N_("this line has {size} bytes; the limit is {limit}"),
                    {{"size", std::to_string(line.text.size())}, {"limit", std::to_string(max_line_bytes)}}),
                .where = base::SourceSpan{.file = file, .line = line.number, .column = 1, .length = 1}};
        else
            fault = bad_character(file, line);
        if (fault && ++faults <= most_faults)
            diagnostics.add(std::move(*fault));
    }
    if (faults > 0)
        return false;
    return check_structure(file, text, diagnostics);
}

std::string harmless(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    while (!text.empty()) {
        const auto character = first_character(text).value_or(Character{.value = 0xfffd, .bytes = 1});
        text.remove_prefix(character.bytes);
        if (character.value == '\r' && text.starts_with('\n'))
            continue;
        column = character.value == '\n' ? 0 : column + 1;
        if (column <= longest_shown_line)
            append_character(out, is_hidden(character.value) ? 0xfffd : character.value);
    }
    return out;
}

} // namespace eligate::profile
