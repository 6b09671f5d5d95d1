// SPDX-License-Identifier: Apache-2.0
/// What this machine's kernel has for IPsec.
#pragma once

#include <string>

namespace eligate::port {

struct KernelIpsec {
    /// XFRM interfaces (CONFIG_XFRM_INTERFACE).
    bool interface = false;
    /// ESP over IPv4, UDP encapsulation included (CONFIG_INET_ESP).
    bool esp = false;
    /// The kernel's own word where one of them is missing.
    std::string reason = {};

    bool carries_tunnels() const { return interface && esp; }
};

} // namespace eligate::port
