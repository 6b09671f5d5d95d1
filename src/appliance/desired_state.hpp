// SPDX-License-Identifier: Apache-2.0
/// The heart: what the machine should be, from what the files say and what the machine is like. Pure.
#pragma once

#include "appliance/dataplane.hpp"
#include "appliance/facts.hpp"
#include "base/result.hpp"
#include "plan/resource.hpp"
#include "profile/settled.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace eligate::appliance {

inline constexpr const char* connection_prefix = "eligate-";
inline constexpr const char* child_name = "eligate";
inline constexpr const char* swanctl_path = "/etc/swanctl/conf.d/eligate.conf";
inline constexpr const char* strongswan_path = "/etc/strongswan.d/zz-eligate.conf";
inline constexpr const char* forwarder_path = "/etc/eligate/forwarder.conf";
inline constexpr const char* private_key_path = "/etc/swanctl/private/eligate.der";
/// charon puts an assigned address on the WAN's interface; this program of ours puts it on the tunnel's, too.
inline constexpr const char* updown_hook = "/usr/lib/eligate/updown";

/// The texts of templates/, read by the caller.
struct Templates {
    std::string firewall;
    std::string strongswan;
    std::string forwarder;
};

struct Desired {
    plan::State state;
    /// The firewall as text for nft; state holds it only once it is in canonical form, see with_firewall().
    std::string firewall_text;
    std::string wan_interface;
    /// Behind these the terminals are; empty where nobody on a LAN may use the tunnel.
    std::vector<std::string> lan_interfaces;
    std::string tunnel_interface;
    TunnelMtu tunnel_mtu;
    profile::Dataplane dataplane = profile::Dataplane::userspace;
};

/// Errors: no_wan, no_interface, lan_in_destinations, no_lan_address, dataplane_missing,
/// dataplane_unsupported, plugin_missing, template_broken, unwritable_value.
base::Result<Desired> desired_state(const profile::Settled& settled, const Facts& facts,
                                    const Templates& templates);

/// The complete desired state, once nft has said how it lists firewall_text.
plan::State with_firewall(const Desired& desired, std::string canonical_listing);

} // namespace eligate::appliance
