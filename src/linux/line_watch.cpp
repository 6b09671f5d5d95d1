// SPDX-License-Identifier: Apache-2.0
#include "linux/line_watch.hpp"

#include "base/ascii.hpp"
#include "base/unique_fd.hpp"
#include "linux/probe_socket.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace eligate::linux_adapter {
namespace {

using base::Result;

constexpr std::uint8_t udp = 17;
constexpr std::uint16_t dns_port = 53;
/// The kernel takes 4096 instructions of a filter, and a prefix is four.
constexpr std::size_t most_prefixes = 512;
constexpr std::size_t most_questions = 64;
constexpr std::size_t enough_of_a_packet = 640;
/// Bytes; the kernel counts twice as many, and 768 for a small packet: 10,000 of them. The usual 212,992 are
/// full after 277, which the terminals of a busy hour ask within a second.
constexpr int room = 4 << 20;
/// More than fit in.
constexpr std::size_t most_packets = 20'000;

sock_filter statement(unsigned code, std::uint32_t value) {
    return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = value};
}
sock_filter jump(unsigned test, std::uint32_t value, std::uint8_t if_true, std::uint8_t if_false) {
    return {.code = static_cast<std::uint16_t>(BPF_JMP | test | BPF_K),
            .jt = if_true,
            .jf = if_false,
            .k = value};
}

std::uint32_t number_of(const net::Address& address) {
    std::uint32_t number = 0;
    for (const auto byte : address.bytes())
        number = (number << 8U) | byte;
    return number;
}

constexpr std::uint32_t whole_packet = 0x40000;
constexpr auto load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr auto load_half = BPF_LD | BPF_H | BPF_ABS;
constexpr auto load_byte = BPF_LD | BPF_B | BPF_ABS;

/// Classic BPF (kernel: Documentation/networking/filter.rst), at the IP header of a SOCK_DGRAM packet socket.
std::vector<sock_filter> filter_for(const std::vector<net::Prefix>& destinations, bool answers) {
    // An answer comes from port 53, a question goes to it.
    constexpr std::uint32_t ipv6_header = 40;
    const std::uint32_t port = answers ? 0 : 2;
    const auto ancillary = [](int what) { return static_cast<std::uint32_t>(SKF_AD_OFF + what); };
    const auto take = statement(BPF_RET | BPF_K, whole_packet);
    const auto leave = statement(BPF_RET | BPF_K, 0);
    std::vector<sock_filter> program{
        // Only what is sent, or only what is not: on a one-armed gateway the terminals' packets come in by
        // the same interface.
        statement(load_byte, ancillary(SKF_AD_PKTTYPE)),
        answers ? jump(BPF_JEQ, PACKET_OUTGOING, 0, 1) : jump(BPF_JEQ, PACKET_OUTGOING, 1, 0), leave,
        statement(load_half, ancillary(SKF_AD_PROTOCOL)),
        // To what stands behind this list.
        jump(BPF_JEQ, ETH_P_IP, 7, 0),
        // IPv6: UDP right behind the header, to port 53.
        jump(BPF_JEQ, ETH_P_IPV6, 0, 4), statement(load_byte, 6), jump(BPF_JEQ, udp, 0, 2),
        statement(load_half, ipv6_header + port), jump(BPF_JEQ, dns_port, 1, 0), leave, take};
    // IPv4: UDP, whole or the first piece, to port 53.
    program.push_back(statement(load_byte, 9));
    program.push_back(jump(BPF_JEQ, udp, 0, 5));
    program.push_back(statement(BPF_LDX | BPF_B | BPF_MSH, 0));
    program.push_back(statement(BPF_LD | BPF_H | BPF_IND, port));
    program.push_back(jump(BPF_JEQ, dns_port, 0, 1));
    program.push_back(take);
    program.push_back(statement(BPF_MISC | BPF_TAX, 0));
    for (const auto& prefix : destinations) {
        const std::uint32_t mask =
            prefix.length() == 0 ? 0 : ~std::uint32_t{0} << (prefix.address().bits() - prefix.length());
        program.push_back(statement(load_word, 16));
        program.push_back(statement(BPF_ALU | BPF_AND | BPF_K, mask));
        program.push_back(jump(BPF_JEQ, number_of(prefix.address()), 0, 1));
        program.push_back(take);
    }
    program.push_back(leave);
    return program;
}

std::uint16_t get16(std::span<const std::uint8_t> bytes, std::size_t at) {
    return static_cast<std::uint16_t>((unsigned{bytes[at]} << 8U) | bytes[at + 1]);
}

std::span<const std::uint8_t> dns_of(std::span<const std::uint8_t> datagram) {
    constexpr std::size_t header = 8;
    const bool is_dns =
        datagram.size() > header && (get16(datagram, 0) == dns_port || get16(datagram, 2) == dns_port);
    return is_dns ? datagram.subspan(header) : std::span<const std::uint8_t>{};
}

PacketSeen seen_in_ipv4(std::span<const std::uint8_t> packet) {
    constexpr std::size_t least = 20;
    const std::size_t header = std::size_t{4} * (packet[0] & 0x0fU);
    if (packet.size() < least || header < least || packet.size() < header)
        return {};
    PacketSeen seen{.source = net::Address::from_bytes(packet.subspan(12, 4)),
                    .destination = net::Address::from_bytes(packet.subspan(16, 4)),
                    .dns = {}};
    const bool first_piece = (get16(packet, 6) & 0x1fffU) == 0;
    if (packet[9] == udp && first_piece)
        seen.dns = dns_of(packet.subspan(header));
    return seen;
}

PacketSeen seen_in_ipv6(std::span<const std::uint8_t> packet) {
    constexpr std::size_t header = 40;
    if (packet.size() < header)
        return {};
    PacketSeen seen{.source = net::Address::from_bytes(packet.subspan(8, 16)),
                    .destination = net::Address::from_bytes(packet.subspan(24, 16)),
                    .dns = {}};
    if (packet[6] == udp)
        seen.dns = dns_of(packet.subspan(header));
    return seen;
}

/// Fewer and shorter ones that hold all of these, as many as a filter has room for.
std::vector<net::Prefix> covering(std::vector<net::Prefix> prefixes) {
    std::erase_if(prefixes, [](const net::Prefix& prefix) { return prefix.family() != net::Family::ipv4; });
    prefixes = net::merged(prefixes);
    for (unsigned length = 31; prefixes.size() > most_prefixes && length > 0; --length) {
        for (auto& prefix : prefixes)
            if (prefix.length() > length)
                prefix =
                    net::Prefix::without_host_bits(prefix.address().text() + "/" + std::to_string(length))
                        .value_or(prefix);
        prefixes = net::merged(prefixes);
    }
    return prefixes;
}

bool is_below(std::string_view name, std::string_view domain) {
    return name == domain || (name.ends_with(domain) && name.size() > domain.size() &&
                              name[name.size() - domain.size() - 1] == '.');
}

class PacketWatch final : public port::LineWatch {
  public:
    PacketWatch(base::UniqueFd fd, port::LeakSought sought)
        : m_fd(std::move(fd))
        , m_sought(std::move(sought)) {}

    port::Leaks seen() override {
        std::array<std::uint8_t, enough_of_a_packet> packet{};
        // What comes in while it is read is for the next time.
        for (std::size_t count = 0; count < most_packets; ++count) {
            const auto got = ::recv(m_fd.get(), packet.data(), packet.size(), MSG_DONTWAIT);
            if (got < 0 && errno == EAGAIN)
                break;
            // ENETDOWN, once, where the interface went down; what came before it is still there.
            m_leaks.missed |= got < 0;
            if (got > 0)
                take(packet_seen(std::span(packet).first(static_cast<std::size_t>(got))));
        }
        tpacket_stats about{};
        socklen_t size = sizeof about;
        m_leaks.missed |= ::getsockopt(m_fd.get(), SOL_PACKET, PACKET_STATISTICS, &about, &size) != 0 ||
                          about.tp_drops != 0;
        return m_leaks;
    }

  private:
    void take(const PacketSeen& packet) {
        if (!packet.destination || !packet.source)
            return;
        const bool inside = std::ranges::any_of(m_sought.destinations, [&](const net::Prefix& destination) {
            return destination.contains(*packet.destination);
        });
        if (inside && m_leaks.packets++ == 0)
            m_leaks.first_packet = packet.source->text() + " > " + packet.destination->text();
        // What goes to the destinations is told as that.
        const auto name = inside ? std::nullopt : name_in(packet.dns, m_sought.answers);
        const bool theirs = name && std::ranges::any_of(m_sought.domains, [&](const std::string& domain) {
                                return is_below(*name, domain);
                            });
        if (!theirs || std::ranges::find(m_leaks.questions, *name) != m_leaks.questions.end())
            return;
        if (m_leaks.questions.size() < most_questions)
            m_leaks.questions.push_back(*name);
        else
            m_leaks.missed = true;
    }

    base::UniqueFd m_fd;
    port::LeakSought m_sought;
    port::Leaks m_leaks;
};

} // namespace

PacketSeen packet_seen(std::span<const std::uint8_t> packet) {
    if (packet.empty())
        return {};
    const unsigned version = packet[0] >> 4U;
    if (version == 4)
        return seen_in_ipv4(packet);
    return version == 6 ? seen_in_ipv6(packet) : PacketSeen{};
}

std::optional<std::string> name_in(std::span<const std::uint8_t> message, bool answer) {
    constexpr std::size_t header = 12;
    constexpr std::size_t longest_label = 63;
    if (message.size() < header || ((message[2] & 0x80U) != 0) != answer || get16(message, 4) == 0)
        return std::nullopt;
    std::string name;
    for (std::size_t at = header; at < message.size();) {
        const std::size_t length = message[at];
        if (length == 0)
            return name;
        // A question's own name is not compressed: there is nothing before it.
        if (length > longest_label || at + 1 + length > message.size())
            return std::nullopt;
        if (!name.empty())
            name += '.';
        for (const auto byte : message.subspan(at + 1, length))
            name += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
        at += 1 + length;
    }
    return std::nullopt;
}

Result<std::unique_ptr<port::LineWatch>> PacketWatcher::watch(const port::LeakSought& sought) {
    // Deaf (protocol 0) until the filter is in place: what came in between would not be filtered.
    base::UniqueFd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return cannot_probe("socket", errno);
    auto program = filter_for(covering(sought.destinations), sought.answers);
    const sock_fprog attached{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &attached, sizeof attached) != 0)
        return cannot_probe("SO_ATTACH_FILTER", errno);
    // Without CAP_NET_ADMIN it stays as it is.
    static_cast<void>(::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room));
    sockaddr_ll here{};
    here.sll_family = AF_PACKET;
    here.sll_protocol = htons(ETH_P_ALL);
    here.sll_ifindex = static_cast<int>(::if_nametoindex(sought.interface.c_str()));
    // NOLINTNEXTLINE(*-reinterpret-cast): the socket API
    if (here.sll_ifindex == 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0)
        return cannot_probe("bind", here.sll_ifindex == 0 ? ENODEV : errno);
    auto lower = sought;
    for (auto& domain : lower.domains)
        domain = base::lowered(domain);
    return std::make_unique<PacketWatch>(std::move(fd), std::move(lower));
}

} // namespace eligate::linux_adapter
