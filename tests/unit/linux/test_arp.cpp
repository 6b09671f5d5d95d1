// SPDX-License-Identifier: Apache-2.0
#include "linux/arp.hpp"
#include "support/catch.hpp"

#include <array>

using namespace eligate;
using linux_adapter::speaker_of;

namespace {

using Packet = std::array<std::uint8_t, 28>;

Packet arp(std::uint8_t operation, std::array<std::uint8_t, 4> sender, std::array<std::uint8_t, 4> target) {
    Packet packet{0, 1, 8, 0, 6, 4, 0, operation};
    std::copy(sender.begin(), sender.end(), packet.begin() + 14);
    std::copy(target.begin(), target.end(), packet.begin() + 24);
    return packet;
}

} // namespace

TEST_CASE("arp: whoever speaks has the address, by an answer or by a question of his own") {
    const auto one = net::Address::parse("192.168.1.50");
    CHECK(speaker_of(arp(2, {192, 168, 1, 50}, {0, 0, 0, 0})) == one);
    CHECK(speaker_of(arp(1, {192, 168, 1, 50}, {192, 168, 1, 1})) == one);
}

TEST_CASE("arp: whoever asks as nobody wants the address for himself") {
    CHECK(speaker_of(arp(1, {0, 0, 0, 0}, {192, 168, 1, 50})) == net::Address::parse("192.168.1.50"));
}

TEST_CASE("arp: what is no ARP of Ethernet and IPv4 speaks for nobody") {
    const auto whole = arp(2, {192, 168, 1, 50}, {0, 0, 0, 0});
    CHECK_FALSE(speaker_of(std::span(whole).first(27)));
    for (const std::size_t at : {0U, 1U, 2U, 3U, 4U, 5U}) {
        auto other = whole;
        other.at(at) ^= 1U;
        CHECK_FALSE(speaker_of(other));
    }
}
