// SPDX-License-Identifier: Apache-2.0
#include "profile/lookalike.hpp"
#include "support/catch.hpp"

#include <string>

using namespace eligate::profile;

TEST_CASE("lookalike: what the input method and the PDF left behind becomes plain ASCII") {
    const auto [written, meant] = GENERATE(table<std::string, std::string>({
        {"ＡＢ１２", "AB12"},
        {"ａｂ＠ｅｘ．ｎｅｔ", "ab@ex.net"},
        {" AB12\t", "AB12"},
        {"\u3000AB12\u3000", "AB12"},
        {"\u00a0AB12", "AB12"},
        {"AB\u200b12", "AB12"},
        {"\ufeffAB12", "AB12"},
        {"AB\u30fc12", "AB-12"},
        {"AB\u221212", "AB-12"},
        {"\u0410\u041212", "AB12"},
        {"\u039f0", "O0"},
        {"AB12", "AB12"},
        {"山田", "山田"},
        {"   ", ""},
    }));
    CAPTURE(written);
    CHECK(plain(written) == meant);
}

TEST_CASE("lookalike: O and 0, l and 1 are told apart by the pattern") {
    const auto id = *Pattern::parse("[A-Z]{2}[0-9]{8}").pattern;
    CHECK(likely("ABl23O5678", id) == "AB12305678");
    CHECK(likely("A812345678", id) == "AB12345678");
    CHECK(likely("ab12345678", id) == "AB12345678");
    CHECK(likely("ＡＢ１２３４５６７８", id) == "AB12345678");
    CHECK_FALSE(likely("AB12345678", id));
    CHECK_FALSE(likely("AB1234567", id));
    CHECK_FALSE(likely("AB1234567x", id));
    CHECK_FALSE(likely("", id));
}

TEST_CASE("lookalike: a guess is only made if it fits") {
    const auto never = [](std::string_view) { return false; };
    const auto always = [](std::string_view) { return true; };
    CHECK_FALSE(likely("ＡＢ", never));
    CHECK(likely("ＡＢ", always) == "AB");
    CHECK_FALSE(likely("AB", always));
    CHECK_FALSE(likely(std::string(600, ' '), always));
}

TEST_CASE("lookalike: finds the first character that is not what it seems") {
    using Kind = Oddity::Kind;
    const auto [text, offset, kind] = GENERATE(table<std::string, std::size_t, Kind>({
        {" AB", 0, Kind::blank},
        {"AB ", 2, Kind::blank},
        {"ABＣ", 2, Kind::full_width},
        {"AB\u3000", 2, Kind::full_width},
        {"A\u0412", 1, Kind::other},
        {"A\nB", 1, Kind::other},
        {"A\xff", 1, Kind::other},
    }));
    CAPTURE(text);
    const auto oddity = first_oddity(text);
    REQUIRE(oddity);
    CHECK(oddity->offset == offset);
    CHECK(oddity->kind == kind);
    CHECK_FALSE(first_oddity("A B"));
    CHECK_FALSE(first_oddity(""));
}
