// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/exit_codes.hpp"
#include "cli/manual.hpp"
#include "support/catch.hpp"
#include "translations.hpp"

#include <set>
#include <sstream>

using namespace eligate;
using namespace eligate::cli;

namespace {

constexpr auto en = base::Language::en;
constexpr auto ja = base::Language::ja;

} // namespace

TEST_CASE("manual: no text becomes a request of roff") {
    CHECK(roff(".de x") == "\\&.de x");
    CHECK(roff("'so /etc/passwd") == "\\&'so /etc/passwd");
    CHECK(roff("a\\fBb \\d") == "a\\efBb \\ed");
    CHECK(roff("--json ~ ^ \"x\"") == "\\-\\-json \\(ti \\(ha \\(dqx\\(dq");
    CHECK(roff("run `eligate verify` now") == "run \\fBeligate verify\\fR now");
    CHECK(roff("").empty());
}

TEST_CASE("manual: lines of generated parts begin with a known macro or with text") {
    test::load_japanese();
    const std::set<std::string> macros{".SH", ".SS", ".TP", ".PP", ".EX", ".EE", ".B", ".br"};
    for (const auto language : {en, ja})
        for (const auto& part :
             {manual_synopsis(language), manual_commands(language), manual_options(language),
              manual_exit_codes(language), manual_codes(language)}) {
            CHECK(part.ends_with('\n'));
            std::istringstream lines(part);
            for (std::string line; std::getline(lines, line);) {
                CAPTURE(line);
                CHECK_FALSE(line.empty());
                if (line.starts_with('.'))
                    CHECK(macros.contains(line.substr(0, line.find(' '))));
            }
        }
}

TEST_CASE("manual: a page gets its parts and the version, and nothing else is touched") {
    const auto page = manual_page(".TH X 8 \"eligate @version@\"\n.SH A\n.\\\" @exit-codes@\nend\n", en);
    REQUIRE(page);
    CHECK(page->starts_with(".TH X 8 \"eligate 0."));
    CHECK(page->find("\n.SH A\n" + manual_exit_codes(en) + "end\n") != std::string::npos);
    CHECK(manual_page(".\\\" a comment\n", en) == ".\\\" a comment\n");
}

TEST_CASE("manual: a part that does not exist is a fault, not a gap") {
    CHECK_FALSE(manual_page(".\\\" @comands@\n", en));
}

TEST_CASE("manual: every exit code of the catalogue has its meaning") {
    for (const auto& row : catalog::rows()) {
        CAPTURE(row.code.id);
        CHECK_FALSE(meaning_of(row.exit).empty());
    }
}

TEST_CASE("manual: every code belongs to one of the areas") {
    const auto text = manual_codes(en);
    for (const auto& row : catalog::rows())
        CHECK(text.find("\n.SS " + std::string(row.code.id) + '\n') != std::string::npos);
}

TEST_CASE("completion: every command, option and code stands in it") {
    const auto script = bash_completion();
    for (const auto& row : commands()) {
        CHECK(script.find('\'' + std::string(row.name) + "')") != std::string::npos);
        for (const auto& option : row.options)
            CHECK(script.find(option.name) != std::string::npos);
    }
    for (const auto& option : common_options())
        CHECK(script.find(option.name) != std::string::npos);
    for (const auto& row : catalog::rows())
        CHECK(script.find(row.code.id) != std::string::npos);
}
