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

/// Follows TOML just far enough to know how deep it nests: strings and comments are skipped, brackets and the
/// dots of keys are counted. toml++ bounds nested values only, and destroys deep tables by recursion.
class DepthMeter {
  public:
    /// The byte where the text becomes too deep, if it does.
    static std::optional<std::size_t> too_deep(std::string_view text) {
        DepthMeter meter;
        for (std::size_t at = 0; at < text.size();) {
            const char c = text[at];
            if (c == '"' || c == '\'') {
                at = behind_string(text, at);
                continue;
            }
            if (c == '#') {
                at = std::min(text.find('\n', at), text.size());
                continue;
            }
            if (meter.step(c))
                return at;
            ++at;
        }
        return std::nullopt;
    }

  private:
    static std::size_t behind_string(std::string_view text, std::size_t at) {
        const char quote = text[at];
        const std::string triple(3, quote);
        const bool multiline = text.substr(at).starts_with(triple);
        std::size_t i = at + (multiline ? 3 : 1);
        while (i < text.size()) {
            if (quote == '"' && text[i] == '\\')
                i += 2;
            else if (multiline ? text.substr(i).starts_with(triple) : text[i] == quote)
                return i + (multiline ? 3 : 1);
            else if (!multiline && text[i] == '\n')
                return i;
            else
                ++i;
        }
        return text.size();
    }

    bool step(char c) {
        if (c == '[' || c == '{')
            ++m_open;
        else if ((c == ']' || c == '}') && m_open > 0)
            --m_open;
        if (c == '.')
            ++m_dots;
        else if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{')
            m_dots = 0;
        return m_open > max_depth || m_dots >= max_depth;
    }

    std::size_t m_open = 0;
    std::size_t m_dots = 0;
};

void report_depth(const std::string& file, std::string_view text, std::size_t at,
                  base::Diagnostics& diagnostics) {
    const auto before = text.substr(0, at);
    const auto line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    diagnostics.add(
        {.code = code::too_complex,
         .what = msg(N_("values are nested more than {limit} deep"), {{"limit", std::to_string(max_depth)}}),
         .where = base::SourceSpan{.file = file,
                                   .line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
                                   .column = count_characters(before.substr(line_begin)) + 1,
                                   .length = 1}});
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
    if (const auto at = DepthMeter::too_deep(text)) {
        report_depth(file, text, *at, diagnostics);
        return false;
    }
    return true;
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
