// SPDX-License-Identifier: Apache-2.0
#include "linux/ike_ports.hpp"

#include "base/unique_fd.hpp"
#include "linux/socket_holder.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <ranges>
#include <set>

namespace eligate::linux_adapter {
namespace {

using base::Result;

constexpr std::array<std::uint16_t, 2> ike_numbers{500, 4500};

/// The process that listens there; 0 if nobody does, or one that this process cannot see.
int listener_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return 0;
    std::memcpy(address.sun_path, path.data(), path.size());
    const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API
    if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return 0;
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

} // namespace

std::vector<UdpSocket> ike_sockets(std::string_view proc_net_udp) {
    std::vector<UdpSocket> found;
    for (auto& socket : bound_sockets(proc_net_udp))
        if (std::ranges::find(ike_numbers, socket.port) != ike_numbers.end())
            found.push_back({.port = socket.port, .inode = std::move(socket.inode)});
    return found;
}

Result<std::vector<port::IkePort>> find_ike_ports(const std::string& vici_socket) {
    ELIGATE_TRY_ASSIGN(const auto table, read_socket_table("/proc/net/udp"));
    auto sockets = ike_sockets(table);
    // Absent where the kernel has no IPv6.
    if (const auto six = read_socket_table("/proc/net/udp6"))
        std::ranges::move(ike_sockets(*six), std::back_inserter(sockets));
    if (sockets.empty())
        return std::vector<port::IkePort>{};
    std::set<std::string> inodes;
    for (const auto& socket : sockets)
        inodes.insert(socket.inode);
    const int charon = listener_of(vici_socket);
    const auto owners = owners_of(std::move(inodes), charon);
    std::vector<port::IkePort> ports;
    std::map<int, port::IkePort> known;
    for (const auto& socket : sockets) {
        const auto owner = owners.find(socket.inode);
        const int pid = owner == owners.end() ? 0 : owner->second;
        auto [held, is_new] = known.try_emplace(pid, port::IkePort{.pid = pid});
        if (is_new && pid != 0) {
            held->second.is_charon = pid == charon;
            held->second.program = program_of(pid);
            if (pid != charon)
                held->second.package = package_of(held->second.program);
        }
        auto found = held->second;
        found.port = socket.port;
        // IPv4 and IPv6 are one to a person.
        if (std::ranges::find(ports, found) == ports.end())
            ports.push_back(std::move(found));
    }
    return ports;
}

} // namespace eligate::linux_adapter
