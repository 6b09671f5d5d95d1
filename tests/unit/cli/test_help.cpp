// SPDX-License-Identifier: Apache-2.0
#include "cli/help.hpp"
#include "cli/options.hpp"
#include "cli/width.hpp"
#include "support/catch.hpp"
#include "translations.hpp"

#include <algorithm>
#include <set>
#include <sstream>

using namespace eligate;
using namespace eligate::cli;

namespace {

std::vector<const CommandRow*> all_rows() {
    std::vector<const CommandRow*> rows{nullptr};
    for (const auto& row : commands())
        rows.push_back(&row);
    return rows;
}

} // namespace

TEST_CASE("help: every command's text has an example and fits 80 columns in both languages") {
    test::load_japanese();
    for (const auto language : {base::Language::en, base::Language::ja})
        for (const auto* const row : all_rows()) {
            const auto text = help(row, {.language = language});
            CAPTURE(text);
            CHECK((text.find("  eligate ") != std::string::npos ||
                   text.find("  sudo eligate ") != std::string::npos));
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);) {
                CHECK(width(line) <= 80);
                CHECK_FALSE(line.ends_with(' '));
            }
        }
}

TEST_CASE("help: every example is a command line that is understood") {
    for (const auto& row : commands())
        for (const auto& example : row.examples) {
            std::istringstream words(example.line);
            std::vector<std::string> arguments;
            for (std::string word; words >> word && word != ">";)
                arguments.push_back(word);
            CAPTURE(example.line);
            if (arguments.front() == "sudo")
                arguments.erase(arguments.begin());
            REQUIRE(arguments.front() == "eligate");
            arguments.erase(arguments.begin());
            const auto line = parse_command_line(arguments);
            CHECK_FALSE(line.fault);
            // A group's example is one of its commands.
            CHECK((line.options.command == &row || is_group(row)));
        }
}

TEST_CASE("help: the overview names every command, a group's help every command of it") {
    const auto overview = help(nullptr, {});
    const auto all = commands();
    const auto* const profiles = &*std::ranges::find_if(all, is_group);
    for (const auto& row : commands()) {
        const auto group = group_of(row);
        const auto word = row.name.substr(group.empty() ? 0 : group.size() + 1);
        const auto text = group.empty() ? overview : help(profiles, {});
        CHECK(text.find("\n  " + std::string(word) + ' ') != std::string::npos);
    }
}

TEST_CASE("help: every command has its own name and its own texts") {
    std::set<std::string> seen;
    for (const auto& row : commands())
        for (const auto& text :
             {std::string(row.name), std::string(row.summary), std::string(row.description)}) {
            CAPTURE(text);
            CHECK(seen.insert(text).second);
        }
}
