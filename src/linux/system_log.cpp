// SPDX-License-Identifier: Apache-2.0
#include "linux/system_log.hpp"

#include "base/unique_fd.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

namespace eligate::linux_adapter {
namespace {

/// A value with a line end has another form in the protocol, and none of ours needs one.
std::string one_line(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
    return text;
}

std::string datagram_of(const port::LogEntry& entry) {
    auto datagram = fmt::format("MESSAGE={}\nPRIORITY={}\nMESSAGE_ID={}\nSYSLOG_IDENTIFIER=eligate\n",
                                one_line(entry.text), static_cast<int>(entry.priority), entry.message_id);
    for (const auto& [name, value] : entry.fields)
        datagram += fmt::format("{}={}\n", name, one_line(value));
    return datagram;
}

} // namespace

void JournalLog::write(const port::LogEntry& entry) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (m_socket_path.size() >= sizeof address.sun_path)
        return;
    std::memcpy(address.sun_path, m_socket_path.data(), m_socket_path.size());
    const base::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd)
        return;
    const auto datagram = datagram_of(entry);
    // Nobody is left to tell if this fails.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API
    static_cast<void>(::sendto(fd.get(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

} // namespace eligate::linux_adapter
