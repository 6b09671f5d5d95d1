// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "cli/view/diagnostics.hpp"
#include "cli/width.hpp"
#include "support/catch.hpp"
#include "translations.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace eligate;
using namespace eligate::cli;

namespace {

base::Diagnostics with(std::string text, base::SourceSpan where, bool sensitive = false) {
    base::Diagnostics all;
    where.file = "site.toml";
    all.add_source({.file = "site.toml", .text = std::move(text), .sensitive = sensitive});
    all.add({.code = base::Code{"PRF001"},
             .what = base::msg("unknown key \"{key}\"", {{"key", "profil"}}),
             .where = where});
    return all;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("diagnostics: place, line, caret, hint, count") {
    auto all = with("schema = 1\nprofil = \"x\"\n", {.file = {}, .line = 2, .column = 1, .length = 6});
    all.add({.severity = base::Severity::warning,
             .code = base::Code{"PRF001"},
             .what = base::msg("weak"),
             .hints = {base::msg("take the other one")}});
    CHECK(render(all, {}) == "warning[PRF001]: weak\n"
                             "  hint: take the other one\n"
                             "site.toml:2:1: error[PRF001]: unknown key \"profil\"\n"
                             "  2 | profil = \"x\"\n"
                             "    | ^~~~~~\n"
                             "\n"
                             "errors: 1, warnings: 1  (more about a code: eligate explain CODE)\n");
}

TEST_CASE("diagnostics: the caret stands under the right column behind Japanese") {
    const auto lines =
        lines_of(render(with("name = \"山田医院\" x", {.file = {}, .line = 1, .column = 15}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(lines[1] == "  1 | name = \"山田医院\" x");
    CHECK(width(lines[2].substr(0, lines[2].find('^'))) == width(lines[1].substr(0, lines[1].find('x'))));
}

TEST_CASE("diagnostics: marks under Japanese are twice as long") {
    const auto lines =
        lines_of(render(with("a = \"\uff21\uff22\"", {.file = {}, .line = 1, .column = 6, .length = 2}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(lines[2] == "    |      ^~~~");
}

TEST_CASE("diagnostics: a tab before the fault moves the caret by what is shown") {
    const auto lines = lines_of(render(with("\t\tx", {.file = {}, .line = 1, .column = 3}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(lines[1] == "  1 |   x");
    CHECK(lines[2] == "    |   ^");
}

TEST_CASE("diagnostics: control characters of a file are spelled out, and the caret still fits") {
    const auto lines = lines_of(render(with("a\x1b[31m = 1", {.file = {}, .line = 1, .column = 7}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(lines[1] == "  1 | a\\x1b[31m = 1");
    CHECK(lines[2].find('^') == lines[1].find('=') - 1);
}

TEST_CASE("diagnostics: of a very long line only the part around the fault is shown") {
    const std::string text = std::string(1'000'000, 'a') + '!' + std::string(1'000'000, 'b');
    const auto lines = lines_of(render(with(text, {.file = {}, .line = 1, .column = 1'000'001}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(width(lines[1]) <= 80);
    CHECK(lines[1][lines[2].find('^')] == '!');
}

TEST_CASE("diagnostics: many Japanese characters before the fault keep the caret in its column") {
    std::string text;
    for (int i = 0; i < 200; ++i)
        text += "医院";
    const auto lines = lines_of(render(with(text + "!x", {.file = {}, .line = 1, .column = 401}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(width(lines[1]) <= 80);
    CHECK(width(lines[2].substr(0, lines[2].find('^'))) == width(lines[1].substr(0, lines[1].find('!'))));
}

TEST_CASE("diagnostics: a place behind the end of the line still gets its caret") {
    const auto lines = lines_of(render(with("ab", {.file = {}, .line = 1, .column = 3, .length = 5}), {}));
    REQUIRE(lines.size() > 2);
    CHECK(lines[2] == "    |   ^");
}

TEST_CASE("diagnostics: a line of a sensitive file is never shown") {
    const auto text = render(with("psk = \"hidden-value\"", {.file = {}, .line = 1, .column = 1}, true), {});
    CHECK(text.find("hidden-value") == std::string::npos);
    CHECK(text.find("site.toml:1:1: ") == 0);
}

TEST_CASE("diagnostics: nothing to say is nothing") {
    CHECK(render(base::Diagnostics{}, {}).empty());
    CHECK(to_json(base::Diagnostics{}, {}).dump() == "[]");
}

TEST_CASE("diagnostics: Japanese words around the same structure") {
    test::load_japanese();
    const auto lines =
        lines_of(render(with("a", {.file = {}, .line = 1, .column = 1}), {.language = base::Language::ja}));
    CHECK(lines[0].starts_with("site.toml:1:1: エラー[PRF001]: "));
    CHECK(lines.back().starts_with("エラー"));
}

TEST_CASE("diagnostics: colour wraps the words and changes nothing else") {
    const auto all = with("ab", {.file = {}, .line = 1, .column = 2});
    auto coloured = render(all, {.colour = true});
    for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;)
        coloured.erase(at, coloured.find('m', at) - at + 1);
    CHECK(coloured == render(all, {}));
}

TEST_CASE("diagnostics: as JSON every key is there, absent ones are null") {
    auto all = with("ab", {.file = {}, .line = 1, .column = 2, .length = 3});
    all.add({.code = base::Code{"PRF001"}, .what = base::msg("no place"), .hints = {base::msg("look")}});
    const auto json = to_json(all, {});
    REQUIRE(json.size() == 2);
    CHECK(json[0] == Json::parse(R"({"severity":"error","code":"PRF001","message":"no place","file":null,
                                     "line":null,"column":null,"length":null,"hints":["look"]})"));
    CHECK(json[1]["file"] == "site.toml");
    CHECK(json[1]["line"] == 1);
    CHECK(json[1]["column"] == 2);
    CHECK(json[1]["length"] == 3);
}
