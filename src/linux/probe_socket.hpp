// SPDX-License-Identifier: Apache-2.0
/// What all probes share: socket addresses, and waiting for several descriptors, a deadline and a cancel.
#pragma once

#include "net/address.hpp"
#include "port/probe.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace eligate::linux_adapter {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const net::Endpoint& endpoint);
std::optional<net::Address> address_of(const sockaddr_storage& storage);

/// Milliseconds for poll(2): rounded up so that a loop does not spin, and never negative.
int poll_time(std::chrono::steady_clock::time_point until);

/// poll(2) on `fds` and the cancel's descriptor, to `wake` at the latest. Returns early on any of them.
void wait_for(std::vector<pollfd>& fds, const port::Until& until, std::chrono::steady_clock::time_point wake);

/// "Connection refused".
std::string reason_of(int error);

/// No descriptor, no permission: this machine cannot even try.
base::Unexpected cannot_probe(const char* call, int error);

} // namespace eligate::linux_adapter
