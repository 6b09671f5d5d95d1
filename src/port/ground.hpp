// SPDX-License-Identifier: Apache-2.0
/// What a machine can be asked before anything on it is changed.
#pragma once

#include "base/result.hpp"
#include "net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eligate::port {

/// A socket on UDP 500 or 4500 and who has it.
struct IkePort {
    std::uint16_t port = 0;
    /// 0 if no process of this machine has it that may be looked at.
    int pid = 0;
    /// "/usr/libexec/ipsec/pluto"; empty if unknown.
    std::string program = {};
    /// The Debian package of the program; empty if none says it is its own.
    std::string package = {};
    /// It is the daemon that answers on the VICI socket.
    bool is_charon = false;
    bool operator==(const IkePort&) const = default;
};

/// A socket on port 53, UDP or TCP, and who has it.
struct DnsListener {
    /// Nothing: on every address.
    std::optional<net::Address> address = std::nullopt;
    /// 0 and empty as above.
    int pid = 0;
    std::string program = {};
    /// It is the forwarder that eligate has started.
    bool is_ours = false;
    bool operator==(const DnsListener&) const = default;
};

/// Nothing here blocks for long, and nothing leaves a trace.
class Ground {
  public:
    Ground() = default;
    Ground(const Ground&) = delete;
    Ground& operator=(const Ground&) = delete;
    Ground(Ground&&) = delete;
    Ground& operator=(Ground&&) = delete;
    virtual ~Ground() = default;

    /// All sockets on the two ports in this network namespace. Error system_call.
    virtual base::Result<std::vector<IkePort>> ike_ports() = 0;

    /// Whether nft is there and the kernel knows nftables. Errors nft_missing, nftables_missing.
    virtual base::Result<> can_filter() = 0;

    /// Whether `bytes` fit into `folder` by what the file system says of itself; writes nothing. Errors
    /// folder_missing, folder_read_only, disk_full.
    virtual base::Result<> has_room(const std::string& folder, std::size_t bytes) = 0;

    /// The same by trying it, in a file without a name that is gone again at once; where the file system
    /// knows no such file, nothing is tried.
    virtual base::Result<> try_room(const std::string& folder, std::size_t bytes) = 0;
};

} // namespace eligate::port
