// SPDX-License-Identifier: Apache-2.0
#include "linux/socket_holder.hpp"

#include "base/unique_fd.hpp"
#include "linux/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

namespace eligate::linux_adapter {
namespace {

using base::Result;

/// A table of that many sockets is no gateway's.
constexpr std::size_t longest_table = std::size_t{4} * 1024 * 1024;
/// The longest list of a package that an IKE daemon could come in.
constexpr std::size_t longest_list = std::size_t{512} * 1024;

std::string link_target(const std::string& path) {
    std::array<char, 4096> target{};
    const auto length = ::readlink(path.c_str(), target.data(), target.size());
    return length > 0 ? std::string(target.data(), static_cast<std::size_t>(length)) : std::string();
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

/// Words of four bytes, each in this machine's order, in hex; nothing for the address of all.
std::optional<net::Address> address_of(std::string_view hex) {
    constexpr std::size_t digits = 8;
    std::vector<std::uint8_t> bytes;
    for (; hex.size() >= digits; hex.remove_prefix(digits)) {
        std::uint32_t word = 0;
        const auto text = hex.substr(0, digits);
        std::from_chars(text.data(), text.data() + text.size(), word, 16);
        std::array<std::uint8_t, sizeof word> four{};
        std::memcpy(four.data(), &word, sizeof word);
        bytes.insert(bytes.end(), four.begin(), four.end());
    }
    // An IPv4 address in a table of IPv6 (RFC 4291 section 2.5.5.2).
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (bytes.size() == 16 && std::equal(mapped.begin(), mapped.end(), bytes.begin()))
        bytes.erase(bytes.begin(), bytes.begin() + mapped.size());
    if (std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; }))
        return std::nullopt;
    return net::Address::from_bytes(bytes);
}

} // namespace

Result<std::string> read_socket_table(const std::string& path) {
    // Files in /proc have no size: they are read to their end.
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

std::map<std::string, int> owners_of(std::set<std::string> wanted, int first) {
    std::map<std::string, int> owners;
    const auto take = [&](int pid) {
        for (const auto& inode : sockets_of(pid, wanted)) {
            owners.emplace(inode, pid);
            wanted.erase(inode);
        }
    };
    if (first != 0)
        take(first);
    if (wanted.empty())
        return owners;
    if (const auto names = list_folder("/proc"))
        for (const auto& name : *names)
            if (const auto pid = pid_of(name); pid && !wanted.empty())
                take(*pid);
    return owners;
}

std::string program_of(int pid) {
    constexpr std::string_view gone = " (deleted)";
    auto program = link_target("/proc/" + std::to_string(pid) + "/exe");
    if (program.ends_with(gone))
        program.resize(program.size() - gone.size());
    return program;
}

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

std::vector<BoundSocket> bound_sockets(std::string_view table) {
    constexpr std::size_t local_address = 1;
    constexpr std::size_t state = 3;
    constexpr std::size_t inode = 9;
    std::vector<BoundSocket> found;
    std::istringstream lines{std::string(table)};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream in(line);
        std::vector<std::string> fields;
        for (std::string field; fields.size() <= inode && in >> field;)
            fields.push_back(std::move(field));
        const auto colon = fields.size() > inode ? fields[local_address].rfind(':') : std::string::npos;
        if (colon == std::string::npos)
            continue;
        const auto& local = fields[local_address];
        BoundSocket socket{.address = address_of(std::string_view(local).substr(0, colon)),
                           .inode = fields[inode]};
        const auto* const end = local.data() + local.size();
        const auto [rest, error] = std::from_chars(local.data() + colon + 1, end, socket.port, 16);
        std::from_chars(fields[state].data(), fields[state].data() + fields[state].size(), socket.state, 16);
        if (error == std::errc{} && rest == end)
            found.push_back(std::move(socket));
    }
    return found;
}

} // namespace eligate::linux_adapter
