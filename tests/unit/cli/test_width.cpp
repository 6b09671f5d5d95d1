// SPDX-License-Identifier: Apache-2.0
#include "cli/width.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace eligate::cli;

TEST_CASE("width: Latin counts one column, Japanese two, half-width kana one") {
    CHECK(width("") == 0);
    CHECK(width("eligate") == 7);
    CHECK(width("導通確認") == 8);
    CHECK(width("接続ID") == 6);
    CHECK(width("\uff21\uff22\uff23") == 6);       // full-width ABC
    CHECK(width("\uff76\uff80\uff76\uff85") == 4); // half-width katakana
    CHECK(width("「例」、。") == 10);
}

TEST_CASE("width: a voicing mark takes no column of its own") {
    CHECK(width("か\u3099") == 2);
    CHECK(width("e\u0301") == 1);
}

TEST_CASE("width: a broken byte is one column and never swallows what follows") {
    CHECK(width("\xff"
                "ab") == 3);
    CHECK(width("\xe3\x81") == 2);
    // Overlong and surrogate encodings are broken too.
    CHECK(width("\xc0\xaf") == 2);
    CHECK(width("\xed\xa0\x80") == 3);
}

TEST_CASE("width: visible spells out what would talk to the terminal") {
    CHECK(visible("plain 日本語") == "plain 日本語");
    CHECK(visible("\x1b[2J") == "\\x1b[2J");
    CHECK(visible("a\nb\r\x7f") == "a\\x0ab\\x0d\\x7f");
    CHECK(visible("a\tb") == "a b");
    CHECK(visible("\u0085") == "<U+0085>");
    // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is looked at
    CHECK(visible("abc\u202Egnp") == "abc<U+202E>gnp");
    CHECK(visible("zero\u200Bwidth") == "zero<U+200B>width");
    CHECK(visible("\xff") == "\\xff");
    CHECK(visible(std::string_view("\0x", 2)) == "\\x00x");
}

TEST_CASE("width: padding counts columns, not bytes") {
    CHECK(padded("日本", 6) == "日本  ");
    CHECK(padded("日本語", 4) == "日本語");
    CHECK(right_aligned("12", 4) == "  12");
}

TEST_CASE("width: fitting never cuts a character") {
    CHECK(fitting("日本語", 5) == "日本");
    CHECK(fitting("日本語", 6) == "日本語");
    CHECK(fitting("ab", 0).empty());
}

TEST_CASE("width: wraps Latin between words") {
    CHECK(wrapped("the quick brown fox", 10) == std::vector<std::string>{"the quick", "brown fox"});
    CHECK(wrapped("", 10) == std::vector<std::string>{""});
}

TEST_CASE("width: wraps Japanese between characters, and counts two columns each") {
    CHECK(wrapped("接続先ゲートウェイ", 8) == std::vector<std::string>{"接続先", "ゲート", "ウェイ"});
}

TEST_CASE("width: Japanese punctuation does not start a line, brackets do not end one") {
    CHECK(wrapped("あいう。え", 6) == std::vector<std::string>{"あい", "う。え"});
    CHECK(wrapped("あい「う」", 6) == std::vector<std::string>{"あい", "「う」"});
    CHECK(wrapped("あい\uff08う\uff09", 6) == std::vector<std::string>{"あい", "\uff08う\uff09"});
    // The small kana and the long vowel mark belong to the sound before them.
    CHECK(wrapped("あいしょ", 6) == std::vector<std::string>{"あい", "しょ"});
}

TEST_CASE("width: a path or URL is never broken, however long it is") {
    const std::string path = "/etc/swanctl/conf.d/eligate.conf";
    const auto lines = wrapped("読むのは" + path + "です。", 20);
    CHECK(std::ranges::find(lines, path) != lines.end());
}

TEST_CASE("width: a paragraph is indented under its label") {
    CHECK(paragraph("原因: ", "あいうえおかきくけこさしす", 30) ==
          "原因: あいうえおかきくけこさし\n      す\n");
}

TEST_CASE("width: no wrapped line is wider than asked, for any mixture of scripts") {
    const std::string text = "IKE の確立に失敗しました (UDP 500、UDP 4500)。提供事業者に「接続ID」と"
                             "時刻を伝えてください。See RFC 7296, section 2.6 (「クッキー」).";
    for (std::size_t columns = 14; columns < 90; ++columns)
        for (const auto& line : wrapped(text, columns)) {
            CAPTURE(columns, line);
            CHECK(width(line) <= columns);
        }
}
