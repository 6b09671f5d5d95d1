// SPDX-License-Identifier: Apache-2.0
#include "cli/style.hpp"
#include "cli/translation.hpp"
#include "support/catch.hpp"
#include "translations.hpp"

using namespace eligate;
using namespace eligate::cli;
using base::Language;

namespace {

/// Bytes 16..19: where the table of translations begins.
std::string with_number(std::string bytes, std::size_t offset, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i)
        bytes[offset + i] = static_cast<char>((value >> (8 * i)) & 0xffU);
    return bytes;
}

} // namespace

TEST_CASE("translation: both languages in one process") {
    test::load_japanese();
    CHECK(std::string(translate("error", Language::ja)) == "エラー");
    CHECK(std::string(translate("error", Language::en)) == "error");
}

TEST_CASE("translation: a text without Japanese is shown in English") {
    test::load_japanese();
    CHECK(std::string(translate("nobody ever wrote this", Language::ja)) == "nobody ever wrote this");
    // The empty msgid is the header of the file, not a text.
    CHECK(std::string(translate("", Language::ja)).empty());
}

TEST_CASE("translation: arguments from files and peers cannot talk to the terminal") {
    const Style style{.language = Language::en};
    CHECK(style.say(base::msg("no {what}", {{"what", "\x1b]0;x\x07"}})) == "no \\x1b]0;x\\x07");
}

TEST_CASE("translation: a damaged catalogue is refused as a whole") {
    const auto good = test::japanese_catalogue();
    REQUIRE(Translations::parse(good));
    CHECK(Translations::parse(good)->size() > 10);

    CHECK_FALSE(Translations::parse(""));
    CHECK_FALSE(Translations::parse(good.substr(0, 27)));
    CHECK_FALSE(Translations::parse(good.substr(0, good.size() / 2)));
    CHECK_FALSE(Translations::parse(with_number(good, 0, 0xde120495)));
    CHECK_FALSE(Translations::parse(with_number(good, 4, 1)));
    CHECK_FALSE(Translations::parse(with_number(good, 8, 0xffffffff)));
    CHECK_FALSE(Translations::parse(with_number(good, 12, 0xfffffff8)));
    CHECK_FALSE(Translations::parse(with_number(good, 16, 0xfffffff8)));
    // The first entry's length, then its place.
    const std::size_t originals = 28;
    CHECK_FALSE(Translations::parse(with_number(good, originals, 0xffffffff)));
    CHECK_FALSE(Translations::parse(with_number(good, originals + 4, 0xffffffff)));
    CHECK_FALSE(Translations::parse(good + std::string(std::size_t{4} << 20U, 'x')));
}

TEST_CASE("translation: entries out of order are refused, since they are searched by halves") {
    auto bytes = test::japanese_catalogue();
    const std::size_t originals = 28;
    for (std::size_t i = 0; i < 8; ++i)
        std::swap(bytes[originals + 8 + i], bytes[originals + 16 + i]);
    CHECK_FALSE(Translations::parse(bytes));
}

TEST_CASE("translation: the language is the first locale variable that is set") {
    CHECK(language_of("", "", "ja_JP.UTF-8") == Language::ja);
    CHECK(language_of("", "", "ja_JP.eucJP") == Language::ja);
    CHECK(language_of("", "C.UTF-8", "ja_JP.UTF-8") == Language::en);
    CHECK(language_of("ja_JP.UTF-8", "C", "C") == Language::ja);
    CHECK(language_of("", "", "") == Language::en);
    CHECK(language_of("", "", "de_DE.UTF-8") == Language::en);
}
