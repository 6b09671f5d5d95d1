// SPDX-License-Identifier: Apache-2.0
#include "verify/ntp_message.hpp"

namespace eligate::verify {
namespace {

constexpr std::size_t packet_size = 48;
constexpr std::uint8_t version_4_client = (4U << 3U) | 3U;
constexpr unsigned mode_server = 4;
// Seconds from 1900 to 1970 (RFC 5905 figure 4).
constexpr std::uint64_t unix_epoch = 2'208'988'800;
constexpr std::uint64_t era = std::uint64_t{1} << 32U;

std::uint64_t get64(std::span<const std::uint8_t> bytes, std::size_t at) {
    std::uint64_t value = 0;
    for (const auto byte : bytes.subspan(at, 8))
        value = (value << 8U) | byte;
    return value;
}

SystemTime time_of(std::uint64_t timestamp) {
    std::uint64_t seconds = timestamp >> 32U;
    // Era 1 begins in February 2036; nothing before 1970 can be meant.
    if (seconds < unix_epoch)
        seconds += era;
    const auto fraction = ((timestamp & 0xffffffffU) * 1'000'000) >> 32U;
    return SystemTime(std::chrono::seconds(seconds - unix_epoch) + std::chrono::microseconds(fraction));
}

} // namespace

std::vector<std::uint8_t> encode_ntp(std::uint64_t token) {
    std::vector<std::uint8_t> packet(packet_size, 0);
    packet[0] = version_4_client;
    for (unsigned i = 0; i < 8; ++i)
        packet[40 + i] = static_cast<std::uint8_t>(token >> (56U - 8U * i));
    return packet;
}

std::optional<NtpReply> read_ntp(std::span<const std::uint8_t> packet, std::uint64_t token) {
    if (packet.size() < packet_size || (packet[0] & 7U) != mode_server || get64(packet, 24) != token)
        return std::nullopt;
    const unsigned leap = packet[0] >> 6U;
    return NtpReply{.stratum = packet[1],
                    .synchronised = leap != 3 && packet[1] >= 1 && packet[1] <= 15,
                    .received = time_of(get64(packet, 32)),
                    .sent = time_of(get64(packet, 40))};
}

std::chrono::milliseconds offset_of(const NtpReply& reply, SystemTime departed, SystemTime arrived) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        ((reply.received - departed) + (reply.sent - arrived)) / 2);
}

} // namespace eligate::verify
