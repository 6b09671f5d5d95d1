// SPDX-License-Identifier: Apache-2.0
#include "ike/init_request.hpp"
#include "support/catch.hpp"

#include <algorithm>

namespace {

using namespace eligate;

std::vector<ipsec::Proposal> proposals(std::initializer_list<const char*> texts) {
    std::vector<ipsec::Proposal> list;
    for (const auto* const text : texts) {
        auto parsed = ipsec::Proposal::parse(text, ipsec::Protocol::ike);
        REQUIRE(parsed.proposal);
        list.push_back(*parsed.proposal);
    }
    return list;
}

ike::InitRequest fixed_request() {
    return {.spi = {1, 2, 3, 4, 5, 6, 7, 8},
            .nonce = std::vector<std::uint8_t>(16, 0xaa),
            .group = 31,
            .public_value = std::vector<std::uint8_t>(32, 0xbb)};
}

} // namespace

TEST_CASE("ike: a request is header, SA, KE and nonce, byte for byte") {
    const auto message =
        ike::encode(fixed_request(), proposals({"aes256gcm16-prfsha384-ecp384"}), ike::ike_port);
    REQUIRE(message);
    std::vector<std::uint8_t> expected{
        1,  2,    3,  4,    5, 6,  7, 8,                  // our SPI
        0,  0,    0,  0,    0, 0,  0, 0,                  // the responder's
        33, 0x20, 34, 0x08, 0, 0,  0, 0,                  // SA first, IKEv2, IKE_SA_INIT, initiator, ID 0
        0,  0,    0,  128,                                // length of all
        34, 0,    0,  40,                                 // SA payload
        0,  0,    0,  36,   1, 1,  0, 3,                  // proposal 1, IKE, three transforms
        3,  0,    0,  12,   1, 0,  0, 20, 0x80, 14, 1, 0, // AES-GCM-16, 256 bits
        3,  0,    0,  8,    2, 0,  0, 6,                  // PRF_HMAC_SHA2_384
        0,  0,    0,  8,    4, 0,  0, 20,                 // ECP 384
        40, 0,    0,  40,   0, 31, 0, 0,                  // KE payload, curve25519
    };
    expected.insert(expected.end(), 32, 0xbb);
    expected.insert(expected.end(), {0, 0, 0, 20});
    expected.insert(expected.end(), 16, 0xaa);
    CHECK(*message == expected);
}

TEST_CASE("ike: on port 4500 the non-ESP marker stands first and is not counted") {
    const auto offer = proposals({"aes256-sha256-modp2048"});
    const auto plain = ike::encode(fixed_request(), offer, ike::ike_port);
    const auto marked = ike::encode(fixed_request(), offer, ike::nat_port);
    REQUIRE(plain);
    REQUIRE(marked);
    REQUIRE(marked->size() == plain->size() + 4);
    CHECK(std::all_of(marked->begin(), marked->begin() + 4, [](auto byte) { return byte == 0; }));
    CHECK(std::equal(plain->begin(), plain->end(), marked->begin() + 4));
}

TEST_CASE("ike: the public value is of a group that no proposal holds") {
    CHECK(ike::foreign_group(proposals({"aes256gcm16-prfsha384-ecp384"})).id == 14);
    CHECK(ike::foreign_group(proposals({"aes256-sha256-modp2048"})).id == 31);
    CHECK(ike::foreign_group(proposals({"aes256-sha256-modp2048", "aes256gcm16-prfsha256-curve25519"})).id ==
          15);
    CHECK(ike::foreign_group(proposals({"aes256-sha256-modp2048", "aes256-sha256-curve25519",
                                        "aes256-sha256-modp3072", "aes256-sha256-modp4096"}))
              .id == 2);
}

TEST_CASE("ike: fresh requests differ, and have a value of the group's size") {
    const auto offer = proposals({"aes256gcm16-prfsha384-ecp384"});
    const auto one = ike::fresh_request(offer);
    const auto two = ike::fresh_request(offer);
    CHECK(one.spi != two.spi);
    CHECK(one.nonce != two.nonce);
    CHECK(one.spi != ike::Spi{});
    CHECK(one.nonce.size() == 32);
    CHECK(one.group == 14);
    CHECK(one.public_value.size() == 256);
    CHECK(one.public_value[0] < 0x80);
}

TEST_CASE("ike: no proposals, no request") {
    CHECK_FALSE(ike::encode(fixed_request(), {}, ike::ike_port));
}

TEST_CASE("ike: proposals are numbered and chained") {
    const auto message =
        ike::encode(fixed_request(), proposals({"aes256gcm16-prfsha384-ecp384", "aes256-sha256-modp2048"}),
                    ike::ike_port);
    REQUIRE(message);
    CHECK((*message)[32] == 2); // another proposal follows
    CHECK((*message)[36] == 1);
    const std::size_t second = 32 + 36;
    CHECK((*message)[second] == 0);
    CHECK((*message)[second + 4] == 2);
    // encryption, integrity, PRF (strongSwan derives it from the integrity algorithm), group
    CHECK((*message)[second + 7] == 4);
}
