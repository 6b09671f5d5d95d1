// SPDX-License-Identifier: Apache-2.0
/// Who holds UDP 500 and 4500 in this network namespace, from /proc.
#pragma once

#include "base/result.hpp"
#include "port/ground.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::linux_adapter {

struct UdpSocket {
    std::uint16_t port = 0;
    std::string inode;
    bool operator==(const UdpSocket&) const = default;
};

/// The two ports' sockets in a text like /proc/net/udp; lines that are none are left out.
std::vector<UdpSocket> ike_sockets(std::string_view proc_net_udp);

/// `vici_socket`: whose listener is charon. Processes are searched only for sockets that charon does not
/// have, packages only for programs that are told. Error system_call.
base::Result<std::vector<port::IkePort>> find_ike_ports(const std::string& vici_socket);

} // namespace eligate::linux_adapter
