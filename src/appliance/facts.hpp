// SPDX-License-Identifier: Apache-2.0
/// What has to be known of the machine before its desired state can be said. Observed, never assumed.
#pragma once

#include <string>

namespace eligate::appliance {

struct Facts {
    /// The interface of the main table's best IPv4 default route; empty if there is none.
    std::string default_route_interface;
    /// Whether the interfaces that the site file names exist (an unnamed one counts as existing).
    bool wan_exists = true;
    bool lan_exists = true;
    /// charon has its plugin kernel-libipsec, and with it the TUN device of the userspace dataplane.
    bool userspace_dataplane = false;
    /// That device carries addresses which are not this site's: other tunnels of the same charon.
    bool tunnel_device_shared = false;
};

/// kernel-libipsec's one TUN device; the name is compiled in (kernel_libipsec_router.c, 5.9.8).
inline constexpr const char* userspace_tunnel_interface = "ipsec0";

} // namespace eligate::appliance
