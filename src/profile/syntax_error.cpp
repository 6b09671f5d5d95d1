// SPDX-License-Identifier: Apache-2.0
#include "profile/syntax_error.hpp"

#include "catalog/catalog.hpp"

#include <array>

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

} // namespace

base::Diagnostic syntax_error(std::string_view description, const base::SourceSpan& where) {
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
    return fault;
}

} // namespace eligate::profile
