// SPDX-License-Identifier: Apache-2.0
#include "ike/answer.hpp"
#include "ike/version_probe.hpp"
#include "support/catch.hpp"

using namespace eligate;

TEST_CASE("version probe: a header of IKE version 3 that says its own length") {
    const ike::Spi spi{1, 2, 3, 4, 5, 6, 7, 8};
    const auto probe = ike::version_probe(spi, 1472);
    REQUIRE(probe.size() == 1472);
    const std::vector<std::uint8_t> header{1, 2, 3, 4,    5,  6, 7, 8, 0, 0, 0, 0, 0,    0,
                                           0, 0, 0, 0x30, 34, 8, 0, 0, 0, 0, 0, 0, 0x05, 0xc0};
    CHECK(std::equal(header.begin(), header.end(), probe.begin()));
    CHECK(std::all_of(probe.begin() + 28, probe.end(), [](auto byte) { return byte == 0; }));
    CHECK(ike::version_probe(spi, 0).size() == 28);
}

TEST_CASE("version probe: only who read it knows its SPI") {
    const auto spi = ike::fresh_spi();
    CHECK(spi != ike::fresh_spi());
    auto answer = ike::version_probe(spi, 36);
    CHECK(ike::answers_version_probe(answer, spi));
    answer[7] ^= 1U;
    CHECK_FALSE(ike::answers_version_probe(answer, spi));
    CHECK_FALSE(ike::answers_version_probe(std::span(spi), spi));
}
