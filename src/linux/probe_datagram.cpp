// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_datagram.hpp"

#include "linux/probe_socket.hpp"
#include "linux/probe_wire.hpp"

#include <netinet/in.h>
// After netinet/in.h, with which it shares types.
#include <linux/errqueue.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace eligate::linux_adapter {
namespace {

using port::UdpStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The largest datagram there is.
constexpr std::size_t most_bytes = 65'536;

/// ICMP errors instead of silence; with `dont_fragment` also IP_PMTUDISC_PROBE, which sets DF whatever path
/// MTU the kernel has remembered.
void set_options(int fd, bool ipv6, bool dont_fragment) {
    const int on = 1;
    if (ipv6) {
        const int probe = IPV6_PMTUDISC_PROBE;
        ::setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
        if (dont_fragment)
            ::setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof probe);
    } else {
        const int probe = IP_PMTUDISC_PROBE;
        ::setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
        if (dont_fragment)
            ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof probe);
    }
}

struct QueuedError {
    int error = 0;
    bool by_icmp = false;
    unsigned mtu = 0;
    std::optional<net::Address> offender;
};

/// One entry of the socket's error queue (ip(7), IP_RECVERR).
std::optional<QueuedError> next_error(int fd) {
    std::array<std::uint8_t, 512> ignored{};
    alignas(cmsghdr) std::array<char, 512> control{};
    iovec part{.iov_base = ignored.data(), .iov_len = ignored.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return std::nullopt;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        const bool ours = (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
                          (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR);
        if (!ours || header->cmsg_len < CMSG_LEN(sizeof(sock_extended_err)))
            continue;
        sock_extended_err extended{};
        std::memcpy(&extended, CMSG_DATA(header), sizeof extended);
        QueuedError found{.error = static_cast<int>(extended.ee_errno),
                          .by_icmp = extended.ee_origin == SO_EE_ORIGIN_ICMP ||
                                     extended.ee_origin == SO_EE_ORIGIN_ICMP6,
                          .mtu = extended.ee_errno == EMSGSIZE ? extended.ee_info : 0,
                          .offender = std::nullopt};
        const auto rest = header->cmsg_len - CMSG_LEN(sizeof extended);
        sockaddr_storage offender{};
        std::memcpy(&offender, CMSG_DATA(header) + sizeof extended,
                    std::min<std::size_t>(rest, sizeof offender));
        if (found.by_icmp)
            found.offender = address_of(offender);
        return found;
    }
    return QueuedError{};
}

steady_clock::time_point next_wake(const std::vector<Datagram>& datagrams, steady_clock::time_point start,
                                   steady_clock::time_point last) {
    auto wake = last;
    for (const auto& datagram : datagrams)
        if (!datagram.done())
            wake = std::min(wake, datagram.next_due(start));
    return wake;
}

void wait_and_receive(std::vector<Datagram>& datagrams, const port::Until& until,
                      steady_clock::time_point wake) {
    std::vector<pollfd> fds;
    std::vector<Datagram*> waiting;
    for (auto& datagram : datagrams)
        if (!datagram.done()) {
            fds.push_back({.fd = datagram.fd(), .events = POLLIN, .revents = 0});
            waiting.push_back(&datagram);
        }
    wait_for(fds, until, wake);
    for (std::size_t i = 0; i < fds.size(); ++i)
        if (fds[i].revents != 0)
            waiting[i]->receive();
}

} // namespace

base::Result<Datagram> Datagram::open(const port::UdpRequest& request, int type, int protocol) {
    Datagram datagram(request);
    const bool ipv6 = request.to.address.family() == net::Family::ipv6;
    datagram.m_fd =
        base::UniqueFd(::socket(ipv6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
    if (!datagram.m_fd)
        return cannot_probe("socket", errno);
    set_options(datagram.fd(), ipv6, request.dont_fragment);
    const auto address = socket_address(request.to);
    if (::connect(datagram.fd(), address.get(), address.size) < 0)
        datagram.end(UdpStatus::unsendable, errno);
    return datagram;
}

void Datagram::end(UdpStatus status, int error) {
    m_outcome.status = status;
    m_outcome.reason = error == 0 ? std::string() : reason_of(error);
    if (m_sent > 0)
        m_outcome.millis = std::chrono::duration_cast<milliseconds>(steady_clock::now() - m_first_sent);
    m_done = true;
}

steady_clock::time_point Datagram::next_due(steady_clock::time_point start) const {
    return m_sent < m_request->send_at.size() ? start + m_request->send_at[m_sent]
                                              : steady_clock::time_point::max();
}

void Datagram::send_due(steady_clock::time_point start) {
    while (!m_done && next_due(start) <= steady_clock::now()) {
        if (m_sent == 0)
            m_first_sent = steady_clock::now();
        const auto sent =
            ::send(m_fd.get(), m_request->payload.data(), m_request->payload.size(), MSG_NOSIGNAL);
        const int error = sent < 0 ? errno : 0;
        ++m_sent;
        if (error == 0 || error == EAGAIN || error == ENOBUFS || error == EINTR)
            continue;
        // The error may be an ICMP one that came for the previous copy; its story is in the queue.
        read_error();
        if (!m_done)
            end(error == EMSGSIZE ? UdpStatus::too_big : UdpStatus::unsendable, error);
    }
}

void Datagram::read_error() {
    while (!m_done) {
        const auto error = next_error(m_fd.get());
        if (!error)
            return;
        const bool too_big = error->error == EMSGSIZE;
        // Without DF the kernel fragments by itself and the next copy passes.
        if (error->error == 0 || (too_big && !m_request->dont_fragment))
            continue;
        m_outcome.rejected_by = error->offender;
        m_outcome.mtu = error->mtu;
        end(too_big          ? UdpStatus::too_big
            : error->by_icmp ? UdpStatus::rejected
                             : UdpStatus::unsendable,
            error->error);
    }
}

void Datagram::receive() {
    std::vector<std::uint8_t> buffer(most_bytes);
    while (!m_done) {
        const auto count = ::recv(m_fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            read_error();
            return;
        }
        const auto bytes = std::span(buffer).first(static_cast<std::size_t>(count));
        if (m_request->accept && !m_request->accept(bytes))
            continue;
        m_outcome.payload.assign(bytes.begin(), bytes.end());
        end(UdpStatus::answered, 0);
    }
}

std::vector<port::UdpOutcome> exchange(std::vector<Datagram>& datagrams, milliseconds linger,
                                       const port::Until& until) {
    const auto start = steady_clock::now();
    auto last = until.deadline;
    while (!until.cancelled()) {
        for (auto& datagram : datagrams)
            datagram.send_due(start);
        const bool all_done = std::ranges::all_of(datagrams, &Datagram::done);
        if (all_done || steady_clock::now() >= last)
            break;
        wait_and_receive(datagrams, until, next_wake(datagrams, start, last));
        if (last == until.deadline && std::ranges::any_of(datagrams, &Datagram::answered))
            last = std::min(last, steady_clock::now() + linger);
    }
    std::vector<port::UdpOutcome> outcomes;
    outcomes.reserve(datagrams.size());
    for (auto& datagram : datagrams)
        outcomes.push_back(std::move(datagram).take());
    return outcomes;
}

base::Result<std::vector<port::UdpOutcome>> ProbeWire::udp(std::span<const port::UdpRequest> requests,
                                                           milliseconds linger, const port::Until& until) {
    std::vector<Datagram> datagrams;
    for (const auto& request : requests) {
        ELIGATE_TRY_ASSIGN(auto datagram, Datagram::open(request, SOCK_DGRAM, 0));
        datagrams.push_back(std::move(datagram));
    }
    return exchange(datagrams, linger, until);
}

} // namespace eligate::linux_adapter
