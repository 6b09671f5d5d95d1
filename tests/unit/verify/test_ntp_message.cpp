// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/ntp_server.hpp"
#include "verify/ntp_message.hpp"

namespace {

using namespace eligate;
using namespace eligate::verify;
using namespace std::chrono_literals;

const SystemTime noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + 12h;

} // namespace

TEST_CASE("ntp: a question is a version 4 client packet with the token") {
    const auto packet = encode_ntp(0x0102030405060708);
    REQUIRE(packet.size() == 48);
    CHECK(packet[0] == 0x23);
    CHECK(packet[40] == 1);
    CHECK(packet[47] == 8);
}

TEST_CASE("ntp: the offset is the server's clock minus ours") {
    const auto packet = test::ntp_reply(encode_ntp(7), noon + 10min, 2);
    const auto reply = read_ntp(packet, 7);
    REQUIRE(reply);
    CHECK(reply->synchronised);
    CHECK(reply->stratum == 2);
    CHECK(offset_of(*reply, noon, noon) == 10min);
    CHECK(offset_of(*reply, noon + 10min, noon + 10min) == 0ms);
}

TEST_CASE("ntp: times after February 2036 are understood") {
    const SystemTime later = std::chrono::sys_days(std::chrono::year(2040) / 1 / 1);
    const auto reply = read_ntp(test::ntp_reply(encode_ntp(7), later, 2), 7);
    REQUIRE(reply);
    CHECK(reply->sent == later);
}

TEST_CASE("ntp: a server that does not know the time says so") {
    CHECK_FALSE(read_ntp(test::ntp_reply(encode_ntp(7), noon, 0), 7)->synchronised);
    CHECK_FALSE(read_ntp(test::ntp_reply(encode_ntp(7), noon, 16), 7)->synchronised);
    auto alarm = test::ntp_reply(encode_ntp(7), noon, 2);
    alarm[0] |= 0xc0;
    CHECK_FALSE(read_ntp(alarm, 7)->synchronised);
}

TEST_CASE("ntp: what is not the answer to our question is nothing") {
    const auto packet = test::ntp_reply(encode_ntp(7), noon, 2);
    CHECK_FALSE(read_ntp(packet, 8));
    CHECK_FALSE(read_ntp(encode_ntp(7), 7));
    CHECK_FALSE(read_ntp(std::span(packet).first(47), 7));
}
