// SPDX-License-Identifier: Apache-2.0
/// The largest packet that reaches the gateway in one piece, measured from outside the tunnel.
#pragma once

#include "base/result.hpp"
#include "port/probe.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

struct PathMtu {
    /// Bytes of an IP packet; nothing if the gateway answers neither IKE nor echo.
    std::optional<unsigned> size = std::nullopt;
    /// The first gateway that has an address has an IPv6 one in front.
    bool ipv6 = false;
};

/// Towards the first gateway whose name has an address. `largest`: the WAN interface's MTU. Every datagram
/// is one that the gateway answers and forgets. A gateway that answers ends it after one round trip; blocks
/// for at most 1 second for the names and 2 for the sizes. The same way gives the same size each time.
base::Result<PathMtu> measure_path_mtu(const std::vector<std::string>& gateways, unsigned largest,
                                       port::Names& names, port::Wire& wire);

} // namespace eligate::apply
