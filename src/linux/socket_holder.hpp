// SPDX-License-Identifier: Apache-2.0
/// Sockets of this network namespace as /proc/net lists them, and whose they are.
#pragma once

#include "base/result.hpp"
#include "net/address.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::linux_adapter {

struct BoundSocket {
    /// Nothing: every address.
    std::optional<net::Address> address;
    std::uint16_t port = 0;
    /// TCP's states (include/net/tcp_states.h); 10 listens.
    unsigned state = 0;
    std::string inode;
    bool operator==(const BoundSocket&) const = default;
};

/// /proc/net/udp and its like; at most 4 MB. Error system_call.
base::Result<std::string> read_socket_table(const std::string& path);

/// The sockets in such a text; lines that are none are left out.
std::vector<BoundSocket> bound_sockets(std::string_view table);

/// Inode to process, `first` asked first: on a healthy machine it has them all. Who cannot be seen is not
/// there.
std::map<std::string, int> owners_of(std::set<std::string> wanted, int first);

/// "/usr/sbin/dnsmasq"; empty for a process that cannot be seen.
std::string program_of(int pid);

/// As dpkg knows it: a line of the package's list of files. On a merged /usr the list may have the old path.
/// Empty if none says so.
std::string package_of(const std::string& program);

} // namespace eligate::linux_adapter
