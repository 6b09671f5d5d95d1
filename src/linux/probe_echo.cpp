// SPDX-License-Identifier: Apache-2.0
// ICMP echo (RFC 792) over raw sockets; IPv4 only, as the inside of the tunnel is.
#include "linux/probe_datagram.hpp"
#include "linux/probe_wire.hpp"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <algorithm>
#include <random>

namespace eligate::linux_adapter {
namespace {

constexpr unsigned ip_header = 20;
constexpr unsigned icmp_header = 8;
constexpr unsigned most_bytes = 65'535;

void set16(std::vector<std::uint8_t>& bytes, std::size_t at, unsigned value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
}

/// RFC 1071.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8U : bytes[i];
    while (sum > 0xffff)
        sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

std::vector<std::uint8_t> echo_message(unsigned packet_size, std::uint16_t id, std::uint16_t sequence) {
    std::vector<std::uint8_t> message(
        std::clamp(packet_size, ip_header + icmp_header, most_bytes) - ip_header, 0);
    message[0] = ICMP_ECHO;
    set16(message, 4, id);
    set16(message, 6, sequence);
    set16(message, 2, checksum(message));
    return message;
}

/// A raw socket sees every ICMP message of the peer, with its IP header.
bool is_reply(std::span<const std::uint8_t> packet, std::uint16_t id, std::uint16_t sequence) {
    if (packet.empty())
        return false;
    const std::size_t header = std::size_t{4} * (packet[0] & 0x0fU);
    if (packet.size() < header + icmp_header)
        return false;
    const auto icmp = packet.subspan(header);
    const auto get16 = [icmp](std::size_t at) { return (unsigned{icmp[at]} << 8U) | icmp[at + 1]; };
    return icmp[0] == ICMP_ECHOREPLY && get16(4) == id && get16(6) == sequence;
}

} // namespace

base::Result<std::vector<port::UdpOutcome>> ProbeWire::echo(std::span<const port::EchoRequest> requests,
                                                            std::chrono::milliseconds linger,
                                                            const port::Until& until) {
    std::random_device random;
    const auto id = static_cast<std::uint16_t>(random());
    // Datagrams point into this, so it is complete before the first one is opened.
    std::vector<port::UdpRequest> messages;
    for (const auto& request : requests) {
        const auto sequence = static_cast<std::uint16_t>(messages.size());
        messages.push_back(
            {.to = {.address = request.to, .port = 0},
             .payload = echo_message(request.packet_size, id, sequence),
             .dont_fragment = true,
             .accept = [id, sequence](auto packet) { return is_reply(packet, id, sequence); }});
    }
    std::vector<Datagram> datagrams;
    for (const auto& message : messages) {
        ELIGATE_TRY_ASSIGN(auto datagram, Datagram::open(message, SOCK_RAW, IPPROTO_ICMP));
        datagrams.push_back(std::move(datagram));
    }
    return exchange(datagrams, linger, until);
}

} // namespace eligate::linux_adapter
