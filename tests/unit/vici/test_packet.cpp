// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "vici/packet.hpp"

using namespace eligate;
using namespace eligate::vici;
using namespace std::string_literals;

TEST_CASE("packet: a request is framed with length, type and name") {
    const auto frame = encode_frame({.type = PacketType::command_request, .name = "stats", .message = {}});
    REQUIRE(frame);
    CHECK(frame->expose() == "\0\0\0\x07\0\x05stats"s);
}

TEST_CASE("packet: a message follows the name") {
    const auto frame =
        encode_frame({.type = PacketType::event, .name = "log", .message = Message().add("msg", "hi")});
    REQUIRE(frame);
    CHECK(frame->expose() == "\0\0\0\x0e\x07\x03log\x03\x03msg\0\x02hi"s);
    const auto packet = decode_packet(frame->expose().substr(frame_header));
    REQUIRE(packet);
    CHECK(packet->type == PacketType::event);
    CHECK(packet->name == "log");
    CHECK(packet->message.text("msg") == "hi");
}

TEST_CASE("packet: types without a name carry none") {
    CHECK(decode_packet("\x05")->type == PacketType::event_confirm);
    CHECK(decode_packet("\x01")->message.empty());
}

TEST_CASE("packet: broken ones are refused") {
    for (const std::string& bytes : {""s, "\x08"s, "\xff"s, "\x07"s, "\x07\x05log"s, "\x05\x03\x01k\0\x01v"s,
                                     "\x01\x03"s, std::string(max_frame + 1, '\x02')}) {
        CAPTURE(bytes.size());
        const auto packet = decode_packet(bytes);
        REQUIRE_FALSE(packet);
        CHECK(packet.error().code == catalog::code::charon_protocol);
    }
}

TEST_CASE("packet: a frame is neither empty nor beyond 512 KiB") {
    CHECK(frame_length({0, 0, 0, 1}).value() == 1U);
    CHECK(frame_length({0, 8, 0, 0}).value() == max_frame);
    CHECK_FALSE(frame_length({0, 0, 0, 0}));
    CHECK_FALSE(frame_length({0, 8, 0, 1}));
    CHECK_FALSE(frame_length({0xff, 0xff, 0xff, 0xff}));
}

TEST_CASE("packet: a request that charon would hang up on is not sent") {
    Message message;
    for (int i = 0; i < 9; ++i)
        message.add("k" + std::to_string(i), std::string(max_value, 'v'));
    CHECK(encode_frame({.type = PacketType::command_request, .name = "load-conn", .message = message})
              .error()
              .code == catalog::code::value_unfit);
    CHECK(encode_frame({.type = PacketType::command_request, .name = "", .message = {}}).error().code ==
          catalog::code::value_unfit);
}
