// SPDX-License-Identifier: Apache-2.0
#include "ipsec/overhead.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace eligate::ipsec;

namespace {

unsigned inner(unsigned outer, std::initializer_list<const char*> texts, unsigned ip_header = ipv4_header) {
    std::vector<Proposal> proposals;
    for (const auto* text : texts) {
        auto parsed = Proposal::parse(text, Protocol::esp);
        REQUIRE(parsed.proposal);
        proposals.push_back(std::move(*parsed.proposal));
    }
    return inner_mtu(outer, ip_header, proposals);
}

} // namespace

TEST_CASE("overhead: what Ethernet and PPPoE leave over") {
    CHECK(inner(1500, {"aes256gcm16-ecp384"}) == 1438);
    CHECK(inner(1492, {"aes256gcm16-ecp384"}) == 1430);
    CHECK(inner(1454, {"aes256gcm16-ecp384"}) == 1390);
    CHECK(inner(1500, {"aes256gcm16-ecp384"}, ipv6_header) == 1418);
    CHECK(inner(1500, {"aes256-sha256-modp2048"}) == 1422);
}

TEST_CASE("overhead: of each kind of cipher and integrity") {
    CHECK(inner(1500, {"aes128gcm8"}) == 1446);
    CHECK(inner(1500, {"aes128ccm12"}) == 1442);
    CHECK(inner(1500, {"chacha20poly1305"}) == 1438);
    CHECK(inner(1500, {"aes128ctr-sha256"}) == 1438);
    CHECK(inner(1500, {"aes128-sha1"}) == 1422);
    CHECK(inner(1500, {"aes128-sha384"}) == 1422);
    CHECK(inner(1500, {"camellia256-sha512"}) == 1406);
    CHECK(inner(1500, {"aes128-aesxcbc"}) == 1422);
}

TEST_CASE("overhead: the worst of what the peer may choose counts") {
    CHECK(inner(1500, {"aes256gcm16-ecp384", "aes256-sha256-modp2048"}) == 1422);
    CHECK(inner(1500, {"aes256-sha256-sha512"}) == 1406);
    CHECK(inner(1500, {"aes128gcm8-aes256gcm16"}) == 1438);
}

TEST_CASE("overhead: an inner packet of that size fits, one byte more does not") {
    // Outer sizes one by one, so that every remainder of the block appears.
    for (unsigned outer = 1280; outer <= 1500; ++outer) {
        const unsigned fits = inner(outer, {"aes256-sha256"});
        const auto wire = [](unsigned packet) { return 20 + 8 + 8 + 16 + (packet + 2 + 15) / 16 * 16 + 16; };
        CHECK(wire(fits) <= outer);
        CHECK(wire(fits + 1) > outer);
    }
}

TEST_CASE("overhead: nothing fits into a packet that is all headers") {
    CHECK(inner(0, {"aes256gcm16"}) == 0);
    CHECK(inner(62, {"aes256gcm16"}) == 0);
    CHECK(inner(64, {"aes256gcm16"}) == 2);
}
