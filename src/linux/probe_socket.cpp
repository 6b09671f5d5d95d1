// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_socket.hpp"

#include "catalog/catalog.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <system_error>

namespace eligate::linux_adapter {

SocketAddress socket_address(const net::Endpoint& endpoint) {
    SocketAddress out;
    const auto bytes = endpoint.address.bytes();
    if (endpoint.address.family() == net::Family::ipv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(endpoint.port);
        std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
        std::memcpy(&out.storage, &in, sizeof in);
        out.size = sizeof in;
    } else {
        sockaddr_in6 in{};
        in.sin6_family = AF_INET6;
        in.sin6_port = htons(endpoint.port);
        std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
        std::memcpy(&out.storage, &in, sizeof in);
        out.size = sizeof in;
    }
    return out;
}

std::optional<net::Address> address_of(const sockaddr_storage& storage) {
    std::array<std::uint8_t, 16> bytes{};
    if (storage.ss_family == AF_INET) {
        sockaddr_in in{};
        std::memcpy(&in, &storage, sizeof in);
        std::memcpy(bytes.data(), &in.sin_addr, 4);
        return net::Address::from_bytes(std::span(bytes).first(4));
    }
    if (storage.ss_family == AF_INET6) {
        sockaddr_in6 in{};
        std::memcpy(&in, &storage, sizeof in);
        std::memcpy(bytes.data(), &in.sin6_addr, 16);
        return net::Address::from_bytes(bytes);
    }
    return std::nullopt;
}

int poll_time(std::chrono::steady_clock::time_point until) {
    using std::chrono::milliseconds;
    // Capped, as poll(2) counts in an int; its callers look at the clock again anyway.
    const auto left = std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp(left, milliseconds(0), milliseconds(60'000)).count());
}

void wait_for(std::vector<pollfd>& fds, const port::Until& until,
              std::chrono::steady_clock::time_point wake) {
    fds.push_back({.fd = until.cancel != nullptr ? until.cancel->fd() : -1, .events = POLLIN, .revents = 0});
    // An error here is EINTR, and then the caller's loop comes round again.
    if (::poll(fds.data(), fds.size(), poll_time(std::min(wake, until.deadline))) < 0)
        for (auto& fd : fds)
            fd.revents = 0;
    fds.pop_back();
}

std::string reason_of(int error) {
    return std::generic_category().message(error);
}

base::Unexpected cannot_probe(const char* call, int error) {
    return base::fail(catalog::code::system_call,
                      base::msg(N_("this appliance cannot send a probe: {call}: {reason}"),
                                {{"call", call}, {"reason", reason_of(error)}}),
                      {{"call", call}, {"error", reason_of(error)}});
}

} // namespace eligate::linux_adapter
