// SPDX-License-Identifier: Apache-2.0
#include "linux/netlink_batch.hpp"

#include <linux/netlink.h>
#include <netlink/errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <optional>

namespace eligate::linux_adapter {
namespace {

/// One datagram of the kernel's answers; each holds one, without the change that it is about
/// (NETLINK_CAP_ACK), or with it.
using Datagram = std::array<char, 4096>;

std::vector<char> joined(std::span<const MessagePtr> changes) {
    std::vector<char> bytes;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        auto* const header = nlmsg_hdr(changes[i].get());
        header->nlmsg_seq = static_cast<std::uint32_t>(i);
        header->nlmsg_flags |= NLM_F_REQUEST;
        // A refusal is told in any case (netlink_rcv_skb); the last one's answer says that all are through.
        if (i + 1 == changes.size())
            header->nlmsg_flags |= NLM_F_ACK;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the kernel's struct, byte by byte
        const auto* const from = reinterpret_cast<const char*>(header);
        bytes.insert(bytes.end(), from, from + header->nlmsg_len);
        bytes.resize(NLMSG_ALIGN(bytes.size()));
    }
    return bytes;
}

/// Notes what one datagram says; whether it is about the last change.
bool note_answer(std::span<char> datagram, std::vector<int>& errors) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the kernel's struct, byte by byte
    auto* header = reinterpret_cast<nlmsghdr*>(datagram.data());
    auto left = static_cast<int>(datagram.size());
    bool last = false;
    for (; nlmsg_ok(header, left) != 0; header = nlmsg_next(header, &left)) {
        if (header->nlmsg_type != NLMSG_ERROR || header->nlmsg_seq >= errors.size() ||
            nlmsg_datalen(header) < static_cast<int>(sizeof(nlmsgerr)))
            continue;
        const auto error = static_cast<const nlmsgerr*>(nlmsg_data(header))->error;
        errors[header->nlmsg_seq] = error == 0 ? 0 : nl_syserr2nlerr(error);
        last = last || header->nlmsg_seq + 1 == errors.size();
    }
    return last;
}

/// rtnetlink works before sendto(2) is over: what is not there now was lost.
std::optional<std::vector<int>> answers(int fd, std::size_t count) {
    std::vector<int> errors(count, 0);
    alignas(nlmsghdr) Datagram buffer{};
    for (bool last = false; !last;) {
        const auto got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return std::nullopt;
        last = note_answer(std::span(buffer).first(static_cast<std::size_t>(got)), errors);
    }
    return errors;
}

/// What is left of answers of which some were lost. ENOBUFS is told once, and clears itself.
void drop_answers(int fd) {
    Datagram buffer{};
    ssize_t got = 0;
    do
        got = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    while (got > 0 || (got < 0 && (errno == ENOBUFS || errno == EINTR)));
}

/// Nothing if an answer was lost.
std::optional<std::vector<int>> try_together(nl_sock* socket, std::span<const MessagePtr> changes) {
    auto bytes = joined(changes);
    const int fd = nl_socket_get_fd(socket);
    if (const int sent = nl_sendto(socket, bytes.data(), bytes.size()); sent < 0)
        return std::vector<int>(changes.size(), -sent);
    auto heard = answers(fd, changes.size());
    if (!heard)
        drop_answers(fd);
    return heard;
}

} // namespace

std::vector<int> send_together(nl_sock* socket, std::span<const MessagePtr> changes) {
    if (changes.empty())
        return {};
    if (auto errors = try_together(socket, changes))
        return std::move(*errors);
    std::vector<int> errors;
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const auto alone = try_together(socket, changes.subspan(i, 1));
        errors.push_back(alone ? alone->front() : NLE_NOMEM);
    }
    return errors;
}

} // namespace eligate::linux_adapter
