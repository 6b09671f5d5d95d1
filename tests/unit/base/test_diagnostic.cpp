// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.hpp"
#include "support/catch.hpp"

using namespace eligate::base;

namespace {
Diagnostic at(std::string file, std::size_t line, std::size_t column) {
    return {.code = Code{"TST001"},
            .what = msg("x"),
            .where = SourceSpan{.file = std::move(file), .line = line, .column = column}};
}
} // namespace

TEST_CASE("diagnostics: are shown in the order of the file") {
    Diagnostics list;
    list.add(at("b.toml", 1, 1));
    list.add(at("a.toml", 10, 1));
    list.add(at("a.toml", 2, 7));
    const auto sorted = list.sorted();
    CHECK(sorted.at(0).where->line == 2);
    CHECK(sorted.at(1).where->line == 10);
    CHECK(sorted.at(2).where->file == "b.toml");
}

TEST_CASE("diagnostics: a warning is no error") {
    Diagnostics list;
    auto warning = at("a", 1, 1);
    warning.severity = Severity::warning;
    list.add(warning);
    CHECK_FALSE(list.has_errors());
    Diagnostics other;
    other.add(at("a", 1, 1));
    list.merge(std::move(other));
    CHECK(list.has_errors());
}

TEST_CASE("diagnostics: the line of a sensitive file is never shown") {
    Diagnostics list;
    list.add_source({.file = "site.toml", .text = "one\ntwo", .sensitive = false});
    list.add_source({.file = "secrets.toml", .text = "psk = \"x\"", .sensitive = true});
    CHECK(list.line_of({.file = "site.toml", .line = 2, .column = 1}) == "two");
    CHECK_FALSE(list.line_of({.file = "site.toml", .line = 3, .column = 1}));
    CHECK_FALSE(list.line_of({.file = "secrets.toml", .line = 1, .column = 1}));
}

TEST_CASE("diagnostics: a secret that got into a message or a line is overwritten everywhere") {
    Diagnostics list;
    auto fault = at("site.toml", 1, 1);
    fault.what = msg("{a} {b}", {{"a", "x CANARY y"}, {"b", msg("{c}", {{"c", "CANARYCANARY"}})}});
    fault.hints = {msg("{d}", {{"d", "CANARY"}})};
    list.add(fault);
    list.add_source({.file = "site.toml", .text = "k = \"CANARY\" # CANARY\n", .sensitive = false});
    list.hide("CANARY");
    list.hide("");
    const auto found = list.sorted().at(0);
    CHECK(english(found.what) == "x ****** y ************");
    CHECK(english(found.hints.at(0)) == "******");
    CHECK(list.line_of(*found.where) == "k = \"******\" # ******");
}
