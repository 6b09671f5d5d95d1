// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "vici/message.hpp"

#include <string>

using namespace eligate;
using namespace eligate::vici;
using namespace std::string_literals;

namespace {

// "Encoding example" of strongSwan's vici/README.md.
Message example() {
    Message sub;
    sub.add("key2", "value2");
    Message section;
    section.add_section("sub-section", sub).add_list("list1", {"item1", "item2"});
    Message message;
    message.add("key1", "value1").add_section("section1", section);
    return message;
}

const std::string example_bytes = "\x03\x04key1\0\x06value1"
                                  "\x01\x08section1"
                                  "\x01\x0bsub-section"
                                  "\x03\x04key2\0\x06value2"
                                  "\x02"
                                  "\x04\x05list1"
                                  "\x05\0\x05item1"
                                  "\x05\0\x05item2"
                                  "\x06"
                                  "\x02"s;

base::Code code_of(std::string_view bytes) {
    const auto decoded = decode(bytes);
    return decoded ? base::Code{} : decoded.error().code;
}

} // namespace

TEST_CASE("message: the README's example is encoded byte for byte") {
    const auto encoded = encode(example());
    REQUIRE(encoded);
    CHECK(encoded->expose() == example_bytes);
}

TEST_CASE("message: the README's example is understood") {
    const auto decoded = decode(example_bytes);
    REQUIRE(decoded);
    CHECK(*decoded == example());
    CHECK(decoded->text("key1") == "value1");
    CHECK(decoded->text("section1.sub-section.key2") == "value2");
    CHECK(decoded->list("section1.list1") == List{"item1", "item2"});
    CHECK_FALSE(decoded->value("section1"));
    CHECK_FALSE(decoded->value("section1.list1"));
    CHECK_FALSE(decoded->value("section2.key"));
}

TEST_CASE("message: an empty message, list, section and value are all valid") {
    Message message;
    message.add("v", "").add_list("l", {}).add_section("s", {});
    const auto encoded = encode(message);
    REQUIRE(encoded);
    const auto decoded = decode(encoded->expose());
    REQUIRE(decoded);
    CHECK(*decoded == message);
    CHECK(decode("")->empty());
}

TEST_CASE("message: values may hold any byte") {
    std::string every;
    for (int byte = 0; byte < 256; ++byte)
        every += static_cast<char>(byte);
    const auto encoded = encode(Message().add("data", every).add_list("list", {every}));
    REQUIRE(encoded);
    CHECK(decode(encoded->expose())->text("data") == every);
    CHECK(decode(encoded->expose())->list("list") == List{every});
}

TEST_CASE("message: a secret is encoded like a value, and cannot be read back from the message") {
    const auto message = Message().add_secret("data", base::Secret("s3cret"));
    CHECK_FALSE(message.value("data"));
    CHECK(encode(message)->expose() == encode(Message().add("data", "s3cret"))->expose());
}

TEST_CASE(
    "message: every cut of a valid message is refused, but where a whole element ends outside a section") {
    const std::size_t first_element = 14;
    for (std::size_t length = 1; length < example_bytes.size(); ++length) {
        CAPTURE(length);
        const bool whole = length == first_element;
        CHECK(decode(std::string_view(example_bytes).substr(0, length)).has_value() == whole);
    }
}

TEST_CASE("message: elements where they must not be are refused") {
    const auto broken = catalog::code::charon_protocol;
    CHECK(code_of("\x02") == broken);                           // section end without section
    CHECK(code_of("\x05\0\x01x"s) == broken);                   // item outside a list
    CHECK(code_of("\x06") == broken);                           // list end without list
    CHECK(code_of("\x04\x01l\x04\x01m\x06\x06") == broken);     // list in a list
    CHECK(code_of("\x04\x01l\x01\x01s\x02\x06") == broken);     // section in a list
    CHECK(code_of("\x04\x01l\x03\x01k\0\x01v\x06"s) == broken); // key in a list
    CHECK(code_of("\x01\x01s\x04\x01l\x02\x06") == broken);     // section end in a list
    CHECK(code_of("\0"s) == broken);                            // unknown element
    CHECK(code_of("\x08") == broken);
    CHECK(code_of("\xff") == broken);
    CHECK(code_of("\x03\x01\n\0\x01v"s) == broken); // name with a control character
}

TEST_CASE("message: what upstream read uninitialised memory for is refused") {
    // strongSwan commits 20b07f2cbf (a list item with one byte of length) and e535e13079 (VICI_END inside).
    CHECK(code_of("\x04\x01l\x05\x00"s) == catalog::code::charon_protocol);
    CHECK(code_of("\x04\x01l\x05"s) == catalog::code::charon_protocol);
    CHECK(code_of("\x07") == catalog::code::charon_protocol);
    CHECK(code_of("\x03\x01k\0\x01v\x07\x03\x01k\0\x01v"s) == catalog::code::charon_protocol);
}

TEST_CASE("message: nesting has a limit in both directions") {
    std::string deep;
    Message message;
    for (std::size_t depth = 0; depth + 1 < max_depth; ++depth) {
        deep += "\x01\x01s";
        message = Message().add_section("s", message);
    }
    CHECK(encode(message));
    CHECK(decode(deep + std::string(max_depth - 1, '\x02')));
    CHECK(encode(Message().add_section("s", message)).error().code == catalog::code::value_unfit);
    CHECK(code_of(deep + "\x01\x01s" + std::string(max_depth, '\x02')) == catalog::code::charon_protocol);

    std::string absurd;
    for (int i = 0; i < 100'000; ++i)
        absurd += "\x01\x01s";
    CHECK(code_of(absurd) == catalog::code::charon_protocol);
}

TEST_CASE("message: names and values beyond the wire's lengths are refused, not cut") {
    CHECK(encode(Message().add(std::string(max_name, 'n'), std::string(max_value, 'v'))));
    CHECK(encode(Message().add(std::string(max_name + 1, 'n'), "v")).error().code ==
          catalog::code::value_unfit);
    CHECK(encode(Message().add("", "v")).error().code == catalog::code::value_unfit);
    CHECK(encode(Message().add("a\nb", "v")).error().code == catalog::code::value_unfit);
    CHECK(encode(Message().add("n", std::string(max_value + 1, 'v'))).error().code ==
          catalog::code::value_unfit);
    CHECK(encode(Message().add_list("n", {std::string(max_value + 1, 'v')})).error().code ==
          catalog::code::value_unfit);
    CHECK(encode(Message().add_secret("n", base::Secret(std::string(max_value + 1, 'v')))).error().code ==
          catalog::code::value_unfit);
}

TEST_CASE("message: numbers and flags are read strictly") {
    const auto message =
        Message().add("n", "42").add("x", "42x").add("big", "99999999999999999999").add("f", "yes");
    CHECK(message.number("n") == 42);
    CHECK_FALSE(message.number("x"));
    CHECK_FALSE(message.number("big"));
    CHECK_FALSE(message.number("absent"));
    CHECK(message.flag("f"));
    CHECK_FALSE(message.flag("n"));
}

TEST_CASE("message: of equal names the first counts") {
    CHECK(Message().add("k", "first").add("k", "second").text("k") == "first");
}
