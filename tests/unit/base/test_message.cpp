// SPDX-License-Identifier: Apache-2.0
#include "base/message.hpp"
#include "support/catch.hpp"

using namespace eligate::base;

namespace {
const char* to_japanese(const char* msgid, Language language) {
    const std::string_view id = msgid;
    if (language == Language::ja && id == "no answer from {gateway}")
        return "{gateway} から応答がありません";
    if (language == Language::ja && id == "the gateway")
        return "接続先";
    return msgid;
}
} // namespace

TEST_CASE("message: puts named arguments in, in either language") {
    const auto m = msg("no answer from {gateway}", {{"gateway", "203.0.113.1"}});
    CHECK(english(m) == "no answer from 203.0.113.1");
    CHECK(format(m, Language::ja, to_japanese) == "203.0.113.1 から応答がありません");
}

TEST_CASE("message: translates a nested message and chooses a local text") {
    const auto nested = msg("no answer from {gateway}", {{"gateway", msg("the gateway")}});
    CHECK(format(nested, Language::ja, to_japanese) == "接続先 から応答がありません");
    const auto local =
        msg("no answer from {gateway}", {{"gateway", LocalText{.ja = "例示", .en = "Example"}}});
    CHECK(format(local, Language::en, to_japanese) == "no answer from Example");
}

TEST_CASE("message: a missing argument stays visible, an argument is never expanded again") {
    CHECK(english(msg("a {b} c")) == "a {b} c");
    CHECK(english(msg("{a}{b}", {{"a", "{b}"}, {"b", "x"}})) == "{b}x");
    CHECK(english(msg("open { only")) == "open { only");
}
