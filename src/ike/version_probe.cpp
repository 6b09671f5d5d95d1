// SPDX-License-Identifier: Apache-2.0
#include "ike/version_probe.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>

namespace eligate::ike {
namespace {

constexpr std::size_t header_size = 28;
constexpr std::uint8_t payload_none = 0;
constexpr std::uint8_t version_3 = 0x30;
constexpr std::uint8_t exchange_sa_init = 34;
constexpr std::uint8_t flag_initiator = 0x08;

} // namespace

Spi fresh_spi() {
    Spi spi{};
    if (RAND_bytes(spi.data(), static_cast<int>(spi.size())) != 1)
        std::abort();
    // Zero means "none yet" (RFC 7296 section 2.6).
    spi.front() |= 1U;
    return spi;
}

std::vector<std::uint8_t> version_probe(const Spi& spi, std::size_t size) {
    std::vector<std::uint8_t> message(std::max(size, header_size), 0);
    std::ranges::copy(spi, message.begin());
    message[16] = payload_none;
    message[17] = version_3;
    message[18] = exchange_sa_init;
    message[19] = flag_initiator;
    for (std::size_t i = 0; i < 4; ++i)
        message[header_size - 1 - i] = static_cast<std::uint8_t>(message.size() >> (8 * i));
    return message;
}

bool answers_version_probe(std::span<const std::uint8_t> datagram, const Spi& spi) {
    return datagram.size() >= header_size && std::ranges::equal(datagram.first(spi.size()), spi);
}

} // namespace eligate::ike
