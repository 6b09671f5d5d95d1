// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include "catalog/catalog.hpp"
#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/translation.hpp"
#include "cli/version.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

namespace eligate::cli {
namespace {

using base::Language;
using base::msg;

struct Area {
    std::string_view prefix;
    /// msgid
    const char* name;
};

/// In the order in which a site meets them.
constexpr auto areas = std::to_array<Area>({
    {"USE", N_("the command line")},
    {"PRF", N_("profile, network, site and secrets files")},
    {"SYS", N_("this appliance")},
    {"IKE", N_("strongSwan and the gateway")},
    {"VRF", N_("the ladder's checks")},
});

std::string say(const base::Message& message, Language language) {
    return base::format(message, language, translate);
}

std::string said(const char* msgid, Language language) {
    return roff(say(msg(msgid), language));
}

/// A text on lines of its own, of a length that mandoc's lint is content with. Japanese stays on one line: at
/// each end of a line groff would put a blank.
std::string lines_of(const std::string& text, Language language) {
    constexpr std::size_t comfortable = 78;
    if (language == Language::ja)
        return roff(text) + '\n';
    std::string out;
    for (const auto& line : wrapped(roff(text), comfortable))
        out += (line.starts_with('.') || line.starts_with('\'') ? "\\&" : "") + line + '\n';
    return out;
}

std::string said_lines(const char* msgid, Language language) {
    return lines_of(say(msg(msgid), language), language);
}

/// An argument of a macro.
std::string quoted(std::string_view text) {
    return fmt::format("\"{}\"", roff(text));
}

bool is_placeholder_letter(char c) {
    return c >= 'A' && c <= 'Z';
}

/// "[FILE...]" and "ja|en": what is typed as it stands is bold, what stands for something else is italic.
std::string typed(std::string_view text) {
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
        const bool placeholder = is_placeholder_letter(text[begin]);
        const bool word = placeholder || (text[begin] >= 'a' && text[begin] <= 'z');
        auto end = begin + 1;
        while (word && end < text.size() && is_placeholder_letter(text[end]) == placeholder &&
               std::string_view("[]|. ").find(text[end]) == std::string_view::npos)
            ++end;
        const auto part = roff(text.substr(begin, end - begin));
        out += word ? fmt::format("\\f{}{}\\fR", placeholder ? 'I' : 'B', part) : part;
        begin = end;
    }
    return out;
}

std::string option_entry(const OptionRow& row, Language language) {
    const auto value = row.value == nullptr ? std::string() : ' ' + typed(row.value);
    return fmt::format(".TP\n\\fB{}\\fR{}\n{}", roff(row.name), value, said_lines(row.help, language));
}

std::string example(const Example& one, Language language) {
    return fmt::format("# {}\n{}\n", said(one.what, language), roff(one.line));
}

std::string command_section(const CommandRow& row, Language language) {
    auto name = fmt::format("eligate {}", row.name);
    if (!row.operands.empty())
        name += fmt::format(" {}", row.operands);
    auto out = fmt::format(".SS {}\n{}", quoted(name), said_lines(row.description, language));
    for (const auto& option : row.options)
        out += option_entry(option, language);
    out += ".PP\n.EX\n";
    for (const auto& one : row.examples)
        out += example(one, language);
    return out + ".EE\n";
}

std::string code_section(const catalog::Row& row, Language language) {
    const auto labelled = [&](const char* label, const base::Message& text) {
        return fmt::format(".TP\n{}\n{}", said(label, language), lines_of(say(text, language), language));
    };
    auto summary = said_lines(row.summary, language);
    summary.pop_back();
    auto out = fmt::format(".SS {}\n\\fB{}\\fR\n", row.code.id, summary);
    out += labelled(N_("cause"), msg(row.explanation));
    out += labelled(N_("to do"), msg(row.action));
    out += labelled(N_("who"), catalog::name_of(row.party));
    const auto exit =
        msg(N_("Exit code {exit}: {meaning}."), {{"exit", std::to_string(static_cast<int>(row.exit))},
                                                 {.name = "meaning", .value = meaning_of(row.exit)}});
    out += ".PP\n";
    out += said_lines(row.retry ? N_("Trying the same again may help.")
                                : N_("Trying the same again does not help."),
                      language);
    out += lines_of(say(exit, language), language);
    return out;
}

std::optional<std::string> part(std::string_view name, Language language) {
    constexpr auto parts = std::to_array<std::pair<std::string_view, std::string (*)(Language)>>({
        {"synopsis", manual_synopsis},
        {"commands", manual_commands},
        {"options", manual_options},
        {"exit-codes", manual_exit_codes},
        {"codes", manual_codes},
    });
    const auto* const found = std::ranges::find(parts, name, [](const auto& one) { return one.first; });
    return found == parts.end() ? std::nullopt : std::optional(found->second(language));
}

} // namespace

std::string roff(std::string_view text) {
    std::string out;
    // A line that begins with one of these would be a request.
    if (!text.empty() && (text.front() == '.' || text.front() == '\''))
        out = "\\&";
    bool code = false;
    for (const char c : text) {
        switch (c) {
        case '\\':
            out += "\\e";
            break;
        case '-':
            out += "\\-";
            break;
        case '~':
            out += "\\(ti";
            break;
        case '^':
            out += "\\(ha";
            break;
        case '"':
            out += "\\(dq";
            break;
        case '`':
            code = !code;
            out += code ? "\\fB" : "\\fR";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string manual_synopsis(Language language) {
    std::string out;
    for (const auto& row : commands()) {
        if (is_group(row))
            continue;
        const auto operands = row.operands.empty() ? std::string() : ' ' + typed(row.operands);
        out += fmt::format("{}\\fBeligate {}\\fR{} [\\fI{}\\fR...]\n", out.empty() ? "" : ".br\n",
                           roff(row.name), operands, said(N_("OPTION"), language));
    }
    return out;
}

std::string manual_commands(Language language) {
    std::string out;
    for (const auto& row : commands())
        if (!is_group(row))
            out += command_section(row, language);
    return out;
}

std::string manual_options(Language language) {
    std::string out;
    for (const auto& row : common_options())
        out += option_entry(row, language);
    return out;
}

std::string manual_exit_codes(Language language) {
    std::string out;
    for (const auto& row : exit_codes())
        out += fmt::format(".TP\n.B {}\n{}", static_cast<int>(row.exit), said_lines(row.meaning, language));
    return out;
}

std::string manual_codes(Language language) {
    std::string out;
    for (const auto& area : areas) {
        out += fmt::format(".SH {}\n",
                           quoted(fmt::format("{}: {}", area.prefix, say(msg(area.name), language))));
        for (const auto& row : catalog::rows())
            if (row.code.id.starts_with(area.prefix))
                out += code_section(row, language);
    }
    return out;
}

std::optional<std::string> manual_page(std::string_view page, Language language) {
    constexpr std::string_view mark = ".\\\" @";
    constexpr std::string_view version_mark = "@version@";
    std::string out;
    std::istringstream lines{std::string(page)};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(mark) && line.ends_with('@') && line.size() > mark.size()) {
            const auto generated = part(line.substr(mark.size(), line.size() - mark.size() - 1), language);
            if (!generated)
                return std::nullopt;
            out += *generated;
            continue;
        }
        if (const auto at = line.find(version_mark); at != std::string::npos)
            line.replace(at, version_mark.size(), version);
        out += line + '\n';
    }
    return out;
}

} // namespace eligate::cli
