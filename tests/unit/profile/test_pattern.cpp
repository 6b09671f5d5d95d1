// SPDX-License-Identifier: Apache-2.0
#include "profile/pattern.hpp"
#include "support/catch.hpp"

#include <string>

using eligate::profile::Pattern;

namespace {

Pattern pattern(std::string_view text) {
    auto parsed = Pattern::parse(text);
    REQUIRE(parsed.pattern);
    return *parsed.pattern;
}

} // namespace

TEST_CASE("pattern: matches the whole value and nothing else") {
    const auto id = pattern("[A-Z]{2}[0-9]{8}");
    CHECK(id.matches("AB12345678"));
    CHECK_FALSE(id.matches(""));
    CHECK_FALSE(id.matches("AB1234567"));
    CHECK_FALSE(id.matches("AB123456789"));
    CHECK_FALSE(id.matches(" AB12345678"));
    CHECK_FALSE(id.matches("AB12345678\n"));
}

TEST_CASE("pattern: says where a value leaves it") {
    const auto id = pattern("[A-Z]{2}[0-9]{8}");
    CHECK(id.first_fault("A112345678") == 1);
    CHECK(id.first_fault("AB12345") == 7);
    CHECK(id.first_fault("AB123456789") == 10);
    CHECK(id.first_fault("") == 0);
    CHECK_FALSE(id.first_fault("AB12345678"));
}

TEST_CASE("pattern: knows its small language") {
    const auto [text, good, bad] = GENERATE(table<std::string, std::string, std::string>({
        {"abc", "abc", "abd"},
        {"a.c", "a山c", "ac"},
        {"a?b", "b", "aab"},
        {"a*b", "aaab", "aac"},
        {"a+b", "ab", "b"},
        {"a{2,}", "aaaa", "a"},
        {"a{2,3}", "aaa", "aaaa"},
        {"a{0}b", "b", "ab"},
        {"(ab|cd)+", "abcdab", "abc"},
        {"a|", "", "b"},
        {"[^0-9]", "x", "5"},
        {"[a-c-]", "-", "d"},
        {"\\d\\w\\s", "5_ ", "5_5"},
        {"\\.\\[\\]\\{\\}\\(\\)\\*\\+\\?\\|\\^\\$\\\\", ".[]{}()*+?|^$\\", "a"},
        {"^a$", "a", "^a$"},
        {"[\\d-]{3}", "1-2", "1_2"},
        {"[山-川]?", "山", "a"},
        {"(a(b(c)?)?)?", "ab", "ac"},
    }));
    CAPTURE(text, good, bad);
    CHECK(pattern(text).matches(good));
    CHECK_FALSE(pattern(text).matches(bad));
}

TEST_CASE("pattern: text that makes no sense is refused where it stops making sense") {
    const auto [text, offset] = GENERATE(table<std::string, std::size_t>({
        {"[A-Z", 4},
        {"a{", 2},
        {"a{2", 3},
        {"a{3,2}", 5},
        {"*a", 0},
        {"a**", 2},
        {"(a", 2},
        {"a)", 1},
        {"[]", 1},
        {"[z-a]", 4},
        {"a\\", 2},
        {"\\q", 1},
        {"a}b", 1},
        {"a$b", 1},
        {"[[:alpha:]]", 1},
    }));
    CAPTURE(text);
    const auto parsed = Pattern::parse(text);
    CHECK_FALSE(parsed.pattern);
    CHECK(parsed.fault.offset == offset);
    CHECK(parsed.fault.kind == Pattern::Fault::Kind::syntax);
}

TEST_CASE("pattern: one that would cost too much is refused") {
    const auto text = GENERATE(as<std::string>{}, "((a{200}){200}){200}", "a{257}", "((((((((((a))))))))))",
                               std::string(300, 'a'));
    CAPTURE(text);
    const auto parsed = Pattern::parse(text);
    CHECK_FALSE(parsed.pattern);
    CHECK(parsed.fault.kind == Pattern::Fault::Kind::too_large);
}

TEST_CASE("pattern: takes linear time where backtracking would take for ever") {
    // (a+)+b against aaaa…: exponential for a backtracking matcher.
    CHECK_FALSE(pattern("(a+)+b").matches(std::string(2000, 'a')));
    CHECK_FALSE(pattern("(a?){100}a{100}b").matches(std::string(200, 'a')));
}

TEST_CASE("pattern: bytes that are not UTF-8 match nothing") {
    CHECK(pattern(".*").first_fault("ab\xff") == 2);
}

TEST_CASE("pattern: shows an example that it matches itself") {
    const auto text =
        GENERATE(as<std::string>{}, "[A-Z]{2}[0-9]{8}", "a|bb", "(ab|c)+d?", "[^a-z].", "\\d{3}-\\w*", "");
    CAPTURE(text);
    CHECK(pattern(text).matches(pattern(text).example()));
    CHECK(pattern("[A-Z]{2}[0-9]{8}").example() == "AA00000000");
}
