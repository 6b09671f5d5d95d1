// SPDX-License-Identifier: Apache-2.0
#include "profile/syntax_error.hpp"

#include "catalog/catalog.hpp"
#include "profile/utf8.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>

namespace eligate::profile {
namespace {

using base::msg;

struct Phrase {
    /// Part of toml++ 3.3's sentence.
    std::string_view part;
    const char* msgid;
};

constexpr const char* quotes_hint = N_("texts stand in double quotes: key = \"text\"");

// The first one that fits wins.
constexpr auto phrases = std::to_array<Phrase>({
    {"cannot redefine", N_("this name is already in use further up")},
    {"cannot insert", N_("this name is already in use further up")},
    {"encountered end-of-file",
     N_("the file ends before this is complete: a quotation mark or bracket is not closed")},
    {"parsing string: unescaped control", N_("the quotation mark is not closed on this line")},
    {"parsing string: control characters", N_("the quotation mark is not closed on this line")},
    {"parsing literal string", N_("the quotation mark is not closed on this line")},
    {"escape sequence", N_("a backslash in double quotes has to be doubled")},
    {"unicode scalar", N_("a backslash in double quotes has to be doubled")},
    {"unicode surrogates", N_("a backslash in double quotes has to be doubled")},
    {"expected '='", N_("an equals sign is expected here")},
    {"expected comma or closing", N_("a comma or a closing bracket is expected here")},
    {"saw comma", N_("there is one comma too many")},
    {"dangling comma", N_("there is one comma too many")},
    {"expected ']'", N_("a closing bracket is expected here")},
    {"expected a comment or whitespace", N_("only a comment may follow here")},
    {"bare key", N_("a key is expected here: letters, digits, hyphens and underscores")},
    {"expected keys", N_("a key is expected here: letters, digits, hyphens and underscores")},
    {"leading zeroes", N_("a number cannot begin with 0")},
    {"value", N_("a value is expected here")},
    {"expected", N_("this is neither a number nor a text in quotes")},
});

/// Full-width punctuation and letters, the ideographic space and curly quotes: what a Japanese input method
/// leaves in a file.
bool is_full_width(char32_t character) {
    return character == 0x3000 || (character >= 0xff01 && character <= 0xff5e) ||
           (character >= 0x2018 && character <= 0x201f);
}

std::optional<std::string> full_width_outside_quotes(std::string_view line) {
    char quote = '\0';
    while (!line.empty()) {
        const auto character = first_character(line).value_or(Character{});
        if (quote == '\0' && (character.value == '"' || character.value == '\''))
            quote = static_cast<char>(character.value);
        else if (quote != '\0' && character.value == static_cast<unsigned char>(quote))
            quote = '\0';
        else if (quote == '\0' && character.value == '#')
            return std::nullopt;
        else if (quote == '\0' && is_full_width(character.value))
            return std::string(line.substr(0, character.bytes));
        line.remove_prefix(character.bytes);
    }
    return std::nullopt;
}

} // namespace

base::Diagnostic syntax_error(std::string_view description, const base::SourceSpan& where,
                              std::string_view line) {
    base::Diagnostic fault{
        .code = catalog::code::toml_syntax, .what = msg(N_("this is not valid TOML")), .where = where};
    for (const auto& phrase : phrases) {
        if (description.find(phrase.part) == std::string_view::npos)
            continue;
        fault.what = msg(phrase.msgid);
        if (phrase.part == "cannot redefine")
            fault.code = catalog::code::duplicate;
        if (phrase.part == "value" || phrase.part == "expected" || phrase.part == "leading zeroes")
            fault.hints.push_back(msg(quotes_hint));
        break;
    }
    if (const auto character = full_width_outside_quotes(line))
        fault.hints.push_back(
            msg(N_("“{character}” is a full-width character; outside quotes type it in half-width"),
                {{"character", *character}}));
    return fault;
}

} // namespace eligate::profile
