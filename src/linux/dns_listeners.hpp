// SPDX-License-Identifier: Apache-2.0
/// Who listens on port 53 in this network namespace, from /proc.
#pragma once

#include "base/result.hpp"
#include "port/ground.hpp"

#include <vector>

namespace eligate::linux_adapter {

/// UDP and TCP, IPv4 and IPv6, but for the loopback's addresses, where a resolver of the machine's own may
/// be. Each process and address once. Error system_call.
base::Result<std::vector<port::DnsListener>> find_dns_listeners();

} // namespace eligate::linux_adapter
