// SPDX-License-Identifier: Apache-2.0
/// What has to be known of the machine before its desired state can be said. Observed, never assumed.
#pragma once

#include "net/address.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::appliance {

/// What is known of the way to the gateway, in bytes of an IP packet; asked for only where our own interface
/// carries the tunnel.
struct OuterPath {
    /// Of the WAN interface; 0 if it does not tell.
    unsigned wan_mtu = 0;
    /// The largest packet that reaches the gateway in one piece; nothing if nobody answers.
    std::optional<unsigned> measured = std::nullopt;
    /// The gateway is reached over IPv6.
    bool ipv6 = false;
    /// Of our tunnel's interface as it stands.
    std::optional<unsigned> standing_tunnel_mtu = std::nullopt;
};

struct Facts {
    /// The interface of the main table's best IPv4 default route; empty if there is none.
    std::string default_route_interface = {};
    /// Whether the interface that the site file names exists (an unnamed one counts as existing).
    bool wan_exists = true;
    /// The first of the LAN's that does not exist; empty: all do.
    std::string missing_lan = {};
    /// charon has its plugin kernel-libipsec, and with it the TUN device of the userspace dataplane.
    bool userspace_dataplane = false;
    /// That device carries addresses which are not this site's: other tunnels of the same charon.
    bool tunnel_device_shared = false;
    /// The kernel has XFRM interfaces and ESP; else its own word for what is missing.
    bool kernel_xfrm = false;
    std::string kernel_lacks = {};
    /// charon has its plugin updown, which calls our hook.
    bool updown_plugin = false;
    /// charon has its plugin resolve, which writes assigned DNS servers into the machine's own resolv.conf.
    bool resolve_plugin = false;
    OuterPath path = {};
    /// An address of the appliance itself on one of its LAN interfaces that lies in a destination.
    std::optional<net::Address> address_in_destination = std::nullopt;
    /// By which the terminals know the appliance; asked for only where a forwarder is to listen there.
    std::vector<net::Address> lan_addresses = {};
    /// An address of the appliance itself inside what a routed site offers as its own side.
    std::optional<net::Address> address_inside = std::nullopt;
};

/// kernel-libipsec's one TUN device; the name is compiled in (kernel_libipsec_router.c, 5.9.8).
inline constexpr const char* userspace_tunnel_interface = "ipsec0";
/// Ours.
inline constexpr const char* xfrm_tunnel_interface = "eligate0";

} // namespace eligate::appliance
