// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.hpp"

#include "catalog/catalog.hpp"
#include "cli/commands.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

namespace eligate::cli {
namespace {

constexpr std::string_view head = R"(# SPDX-License-Identifier: Apache-2.0
# Completion of eligate for bash; made from the same table as eligate --help.

# Each answer a word of its own, also where a file's name has blanks in it.
_eligate_answer()
{
    mapfile -t COMPREPLY < <(compgen "$@" -- "$current")
}

_eligate_file()
{
    compopt -o filenames 2>/dev/null
    _eligate_answer -f
}

)";

// "=" may be a word of its own (COMP_WORDBREAKS).
constexpr std::string_view split = R"(_eligate()
{
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} glued='' command='' word i
    COMPREPLY=()
    if [[ $current == = ]]; then
        current=''
    elif [[ $previous == = ]]; then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    elif [[ $current == --*=* ]]; then
        previous=${current%%=*}
        glued=$previous=
        current=${current#*=}
    fi
)";

constexpr std::string_view walk = R"(
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            --) break ;;
            %VALUED%)
                [[ ${COMP_WORDS[i + 1]} != = ]] || ((++i))
                ((++i))
                ;;
            -* | =) ;;
            *)
                case "$command $word" in
                    %COMMANDS%)
                        command=${command:+$command }$word
                        ;;
                esac
                ;;
        esac
    done
)";

constexpr std::string_view tail = R"(}
complete -F _eligate eligate
)";

std::string replaced(std::string_view text, std::string_view mark, std::string_view by) {
    std::string out(text);
    return out.replace(out.find(mark), mark.size(), by);
}

std::vector<OptionRow> all_options() {
    std::vector<OptionRow> all(common_options().begin(), common_options().end());
    for (const auto& row : commands())
        all.insert(all.end(), row.options.begin(), row.options.end());
    return all;
}

/// "--site | --lang": the options after which a value comes, as a pattern of case.
std::string valued_options() {
    std::vector<std::string_view> names;
    for (const auto& option : all_options())
        if (option.value != nullptr && std::ranges::find(names, option.name) == names.end())
            names.emplace_back(option.name);
    return fmt::format("{}", fmt::join(names, " | "));
}

std::string command_patterns() {
    std::vector<std::string> names;
    for (const auto& row : commands())
        names.push_back(fmt::format("'{}{}'", group_of(row).empty() ? " " : "", row.name));
    return fmt::format("{}", fmt::join(names, " | "));
}

std::string words_of(std::string_view choice) {
    std::string words(choice);
    std::ranges::replace(words, '|', ' ');
    return words;
}

std::string option_values() {
    std::string out = "    case $previous in\n";
    std::vector<std::string_view> seen;
    for (const auto& option : all_options()) {
        if (option.value == nullptr || std::ranges::find(seen, option.name) != seen.end())
            continue;
        seen.emplace_back(option.name);
        const std::string_view value = option.value;
        out += fmt::format("        {})\n            {}\n", option.name,
                           value.find('|') == std::string_view::npos
                               ? std::string("_eligate_file")
                               : fmt::format("_eligate_answer -W '{}'", words_of(value)));
        out += "            COMPREPLY=(\"${COMPREPLY[@]/#/$glued}\")\n            return\n            ;;\n";
    }
    return out + "    esac\n";
}

std::string own_options(const CommandRow& row) {
    std::vector<std::string_view> names;
    names.reserve(row.options.size() + common_options().size());
    for (const auto& option : row.options)
        names.emplace_back(option.name);
    for (const auto& option : common_options())
        names.emplace_back(option.name);
    return fmt::format("{}", fmt::join(names, " "));
}

/// What stands first in the commands of a group; the top is the group without a name.
std::string words_below(std::string_view group) {
    std::vector<std::string_view> words;
    for (const auto& row : commands())
        if (group_of(row) == group)
            words.push_back(group.empty() ? row.name : row.name.substr(group.size() + 1));
    return fmt::format("{}", fmt::join(words, " "));
}

std::string operand_answer(const CommandRow& row) {
    if (is_group(row))
        return fmt::format("_eligate_answer -W '{}'", words_below(row.name));
    if (row.operands.find("FILE") != std::string_view::npos)
        return "_eligate_file";
    if (row.operands == "ID")
        // The appliance's own profiles count too, so the program is asked.
        return "_eligate_answer -W \"$(\"$1\" profile list --json 2>/dev/null |\n"
               "                sed -n 's/^ *\"id\": \"\\([a-z0-9-]*\\)\",*$/\\1/p')\"";
    if (row.operands == "CODE") {
        std::vector<std::string_view> ids;
        for (const auto& code : catalog::rows())
            ids.push_back(code.code.id);
        return fmt::format("current=${{current^^}}\n                _eligate_answer -W '{}'",
                           fmt::join(ids, " "));
    }
    return {};
}

std::string branch(std::string_view command, std::string_view options, std::string_view operand) {
    auto out = fmt::format("        '{}')\n            if [[ $current == -* ]]; then\n"
                           "                _eligate_answer -W '{}'\n",
                           command, options);
    if (!operand.empty())
        out += fmt::format("            else\n                {}\n", operand);
    return out + "            fi\n            ;;\n";
}

} // namespace

std::string bash_completion() {
    auto out = std::string(head) + std::string(split) + option_values();
    out += replaced(replaced(walk, "%VALUED%", valued_options()), "%COMMANDS%", command_patterns());
    out += "    case $command in\n";
    const CommandRow top{.command = {},
                         .name = {},
                         .operands = {},
                         .least = 0,
                         .most = 0,
                         .summary = nullptr,
                         .description = nullptr,
                         .options = {},
                         .examples = {}};
    out += branch("", own_options(top), fmt::format("_eligate_answer -W '{}'", words_below("")));
    for (const auto& row : commands())
        out += branch(row.name, own_options(row), operand_answer(row));
    out += "    esac\n";
    return out + std::string(tail);
}

} // namespace eligate::cli
