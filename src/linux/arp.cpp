// SPDX-License-Identifier: Apache-2.0
#include "linux/arp.hpp"

#include "base/unique_fd.hpp"
#include "linux/probe_socket.hpp"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace eligate::linux_adapter {
namespace {

using base::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::array send_at{milliseconds(0), milliseconds(120), milliseconds(300)};
constexpr milliseconds patience(400);
using Mac = std::array<std::uint8_t, ETH_ALEN>;

struct Wire {
    base::UniqueFd fd;
    int index = 0;
    Mac mac{};
};

Result<Wire> open_on(const std::string& interface) {
    Wire wire{.fd = base::UniqueFd(
                  ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_ARP)))};
    if (!wire.fd)
        return cannot_probe("socket", errno);
    wire.index = static_cast<int>(::if_nametoindex(interface.c_str()));
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_protocol = htons(ETH_P_ARP);
    here.sll_ifindex = wire.index;
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1); // NOLINT(*-union-access): the ioctl's way
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket API
    if (wire.index == 0 || ::bind(wire.fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
        return cannot_probe("bind", wire.index == 0 ? ENODEV : errno);
    if (::ioctl(wire.fd.get(), SIOCGIFHWADDR, &request) != 0) // NOLINT(*-vararg)
        return cannot_probe("ioctl", errno);
    std::memcpy(wire.mac.data(), request.ifr_hwaddr.sa_data, wire.mac.size()); // NOLINT(*-union-access)
    return wire;
}

/// "Who has it?", from nobody (RFC 5227: sender address 0.0.0.0).
ether_arp question_of(const Mac& mac, const net::Address& address) {
    ether_arp arp{};
    arp.ea_hdr.ar_hrd = htons(ARPHRD_ETHER);
    arp.ea_hdr.ar_pro = htons(ETH_P_IP);
    arp.ea_hdr.ar_hln = ETH_ALEN;
    arp.ea_hdr.ar_pln = 4;
    arp.ea_hdr.ar_op = htons(ARPOP_REQUEST);
    std::memcpy(&arp.arp_sha, mac.data(), mac.size());
    std::memcpy(&arp.arp_tpa, address.bytes().data(), sizeof arp.arp_tpa);
    return arp;
}

void ask(const Wire& wire, std::span<const net::Address> addresses) {
    sockaddr_ll everybody{};
    everybody.sll_family = AF_PACKET;
    everybody.sll_protocol = htons(ETH_P_ARP);
    everybody.sll_ifindex = wire.index;
    everybody.sll_halen = ETH_ALEN;
    std::memset(&everybody.sll_addr, 0xff, ETH_ALEN);
    for (const auto& address : addresses) {
        const auto arp = question_of(wire.mac, address);
        // Lost like any packet: it is sent three times.
        // NOLINTNEXTLINE(*-reinterpret-cast): the socket API
        ::sendto(wire.fd.get(), &arp, sizeof arp, 0, reinterpret_cast<const sockaddr*>(&everybody),
                 sizeof everybody);
    }
}

void hear(const Wire& wire, std::span<const net::Address> addresses, std::vector<net::Address>& taken) {
    std::array<std::uint8_t, 128> packet{};
    ssize_t got = 0;
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket API
    // Somebody may send more than can be read.
    for (int count = 0; count < 256 && (got = ::recvfrom(wire.fd.get(), packet.data(), packet.size(), 0,
                                                         reinterpret_cast<sockaddr*>(&from), &size)) > 0;
         ++count) {
        const auto speaker = speaker_of(std::span(packet).first(static_cast<std::size_t>(got)));
        // Our own question comes back to nobody but a listener of everything, which this is.
        const bool ours = from.sll_pkttype == PACKET_OUTGOING;
        if (!ours && speaker && std::ranges::find(addresses, *speaker) != addresses.end() &&
            std::ranges::find(taken, *speaker) == taken.end())
            taken.push_back(*speaker);
        size = sizeof from;
    }
}

} // namespace

std::optional<net::Address> speaker_of(std::span<const std::uint8_t> packet) {
    ether_arp arp{};
    if (packet.size() < sizeof arp)
        return std::nullopt;
    std::memcpy(&arp, packet.data(), sizeof arp);
    if (arp.ea_hdr.ar_hrd != htons(ARPHRD_ETHER) || arp.ea_hdr.ar_pro != htons(ETH_P_IP) ||
        arp.ea_hdr.ar_hln != ETH_ALEN || arp.ea_hdr.ar_pln != 4)
        return std::nullopt;
    const auto sender = net::Address::from_bytes(arp.arp_spa);
    const bool nobody = std::ranges::all_of(arp.arp_spa, [](std::uint8_t byte) { return byte == 0; });
    // Another one that asks as nobody wants the address for itself.
    return nobody ? net::Address::from_bytes(arp.arp_tpa) : sender;
}

Result<std::vector<net::Address>>
taken_on(const std::string& interface, std::span<const net::Address> addresses, const port::Until& until) {
    ELIGATE_TRY_ASSIGN(const auto wire, open_on(interface));
    std::vector<net::Address> taken;
    const auto begin = steady_clock::now();
    // Whoever had no time to answer would be taken for away.
    const auto own = until.anew(patience);
    std::size_t sent = 0;
    while (steady_clock::now() < own.deadline && taken.size() < addresses.size() && !own.cancelled()) {
        if (sent < send_at.size() && steady_clock::now() >= begin + send_at.at(sent)) {
            ask(wire, addresses);
            ++sent;
        }
        std::vector<pollfd> fds{{.fd = wire.fd.get(), .events = POLLIN, .revents = 0}};
        wait_for(fds, own,
                 sent < send_at.size() ? std::min(own.deadline, begin + send_at.at(sent)) : own.deadline);
        hear(wire, addresses, taken);
    }
    return taken;
}

} // namespace eligate::linux_adapter
