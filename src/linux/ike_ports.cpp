// SPDX-License-Identifier: Apache-2.0
#include "linux/ike_ports.hpp"

#include "base/unique_fd.hpp"
#include "linux/file.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <sstream>

namespace eligate::linux_adapter {
namespace {

using base::Result;

constexpr std::array<std::uint16_t, 2> ike_numbers{500, 4500};
/// A table of that many sockets is no gateway's.
constexpr std::size_t longest_table = std::size_t{4} * 1024 * 1024;
/// The longest list of a package that an IKE daemon could come in.
constexpr std::size_t longest_list = std::size_t{512} * 1024;

/// Files in /proc have no size: they are read to their end.
Result<std::string> read_table(const std::string& path) {
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return base::Unexpected(system_error("open", path));
    std::string text;
    std::array<char, 16384> buffer{};
    while (text.size() < longest_table) {
        const auto got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return base::Unexpected(system_error("read", path));
        if (got == 0)
            break;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

std::string link_target(const std::string& path) {
    std::array<char, 4096> target{};
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : std::string();
}

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

/// The inodes among `wanted` that the process has open.
std::set<std::string> sockets_of(int pid, const std::set<std::string>& wanted) {
    std::set<std::string> found;
    const auto folder = "/proc/" + std::to_string(pid) + "/fd/";
    const auto names = list_folder(folder);
    if (!names)
        return found; // it ended meanwhile
    for (const auto& name : *names) {
        constexpr std::string_view prefix = "socket:[";
        auto target = link_target(std::string(folder).append(name));
        if (!target.starts_with(prefix))
            continue;
        target = target.substr(prefix.size(), target.size() - prefix.size() - 1);
        if (wanted.contains(target))
            found.insert(std::move(target));
    }
    return found;
}

std::optional<int> pid_of(const std::string& name) {
    int pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    return error == std::errc{} && end == name.data() + name.size() ? std::optional(pid) : std::nullopt;
}

/// Inode to process, charon asked first: on a healthy machine it has them all.
std::map<std::string, int> owners_of(std::set<std::string> wanted, int charon) {
    std::map<std::string, int> owners;
    const auto take = [&](int pid) {
        for (const auto& inode : sockets_of(pid, wanted)) {
            owners.emplace(inode, pid);
            wanted.erase(inode);
        }
    };
    if (charon != 0)
        take(charon);
    if (wanted.empty())
        return owners;
    if (const auto names = list_folder("/proc"))
        for (const auto& name : *names)
            if (const auto pid = pid_of(name); pid && !wanted.empty())
                take(*pid);
    return owners;
}

/// As dpkg knows it: a line of the package's list of files. On a merged /usr the list may have the old path.
std::string package_of(const std::string& program) {
    constexpr const char* lists = "/var/lib/dpkg/info";
    constexpr std::string_view ending = ".list";
    const auto names = list_folder(lists);
    if (program.empty() || !names)
        return {};
    std::vector<std::string> lines{"\n" + program + "\n"};
    if (program.starts_with("/usr/"))
        lines.push_back("\n" + program.substr(4) + "\n");
    for (const auto& name : *names) {
        if (!name.ends_with(ending))
            continue;
        const auto list = read_file(std::string(lists) + "/" + name, longest_list);
        if (list && std::ranges::any_of(lines, [&](const std::string& line) {
                return list->expose().find(line) != std::string_view::npos;
            }))
            return name.substr(0, std::min(name.find(':'), name.size() - ending.size()));
    }
    return {};
}

std::string program_of(int pid) {
    constexpr std::string_view gone = " (deleted)";
    auto program = link_target("/proc/" + std::to_string(pid) + "/exe");
    if (program.ends_with(gone))
        program.resize(program.size() - gone.size());
    return program;
}

} // namespace

std::vector<UdpSocket> ike_sockets(std::string_view proc_net_udp) {
    constexpr std::size_t local_address = 1;
    constexpr std::size_t inode = 9;
    std::vector<UdpSocket> found;
    std::istringstream lines{std::string(proc_net_udp)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream in(line);
        std::vector<std::string> fields;
        for (std::string field; fields.size() <= inode && in >> field;)
            fields.push_back(std::move(field));
        if (fields.size() <= inode)
            continue;
        const auto& address = fields[local_address];
        const auto colon = address.rfind(':');
        if (colon == std::string::npos)
            continue;
        std::uint16_t port = 0;
        const auto* const end = address.data() + address.size();
        const auto [rest, error] = std::from_chars(address.data() + colon + 1, end, port, 16);
        if (error == std::errc{} && rest == end && std::ranges::find(ike_numbers, port) != ike_numbers.end())
            found.push_back({.port = port, .inode = fields[inode]});
    }
    return found;
}

Result<std::vector<port::IkePort>> find_ike_ports(const std::string& vici_socket) {
    ELIGATE_TRY_ASSIGN(const auto table, read_table("/proc/net/udp"));
    auto sockets = ike_sockets(table);
    // Absent where the kernel has no IPv6.
    if (const auto six = read_table("/proc/net/udp6"))
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
