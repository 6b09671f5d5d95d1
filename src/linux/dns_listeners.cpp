// SPDX-License-Identifier: Apache-2.0
#include "linux/dns_listeners.hpp"

#include "linux/forwarder.hpp"
#include "linux/socket_holder.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace eligate::linux_adapter {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr unsigned tcp_listens = 10;

bool is_loopback(const net::Address& address) {
    constexpr std::uint8_t first_octet = 127;
    return address.family() == net::Family::ipv4 ? address.bytes().front() == first_octet
                                                 : address.text() == "::1";
}

/// Absent where the kernel has no such protocol.
void add_from(const std::string& path, bool is_tcp, std::vector<BoundSocket>& sockets) {
    const auto table = read_socket_table(path);
    if (!table)
        return;
    for (auto& socket : bound_sockets(*table))
        if (socket.port == dns_port && (!is_tcp || socket.state == tcp_listens) &&
            !(socket.address && is_loopback(*socket.address)))
            sockets.push_back(std::move(socket));
}

} // namespace

base::Result<std::vector<port::DnsListener>> find_dns_listeners() {
    std::vector<BoundSocket> sockets;
    for (const auto* const path : {"/proc/net/udp", "/proc/net/udp6"})
        add_from(path, false, sockets);
    for (const auto* const path : {"/proc/net/tcp", "/proc/net/tcp6"})
        add_from(path, true, sockets);
    std::vector<port::DnsListener> listeners;
    if (sockets.empty())
        return listeners;
    std::set<std::string> inodes;
    for (const auto& socket : sockets)
        inodes.insert(socket.inode);
    const int ours = forwarder_pid();
    const auto owners = owners_of(std::move(inodes), ours);
    for (const auto& socket : sockets) {
        const auto owner = owners.find(socket.inode);
        const int pid = owner == owners.end() ? 0 : owner->second;
        port::DnsListener listener{.address = socket.address,
                                   .pid = pid,
                                   .program = pid == 0 ? std::string() : program_of(pid),
                                   .is_ours = pid != 0 && pid == ours};
        if (std::ranges::find(listeners, listener) == listeners.end())
            listeners.push_back(std::move(listener));
    }
    return listeners;
}

} // namespace eligate::linux_adapter
