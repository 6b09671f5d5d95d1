// SPDX-License-Identifier: Apache-2.0
/// Answers of an NTP server, made from the bytes of a question.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace eligate::test {

inline std::vector<std::uint8_t> ntp_reply(std::span<const std::uint8_t> question,
                                           std::chrono::system_clock::time_point time, unsigned stratum) {
    std::vector<std::uint8_t> packet(48, 0);
    packet[0] = 0x24;
    packet[1] = static_cast<std::uint8_t>(stratum);
    std::copy(question.begin() + 40, question.begin() + 48, packet.begin() + 24);
    const auto seconds = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count() + 2'208'988'800);
    for (const std::size_t at : {32U, 40U})
        for (unsigned i = 0; i < 4; ++i)
            packet[at + i] = static_cast<std::uint8_t>(seconds >> (24U - 8U * i));
    return packet;
}

} // namespace eligate::test
