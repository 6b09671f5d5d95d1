// SPDX-License-Identifier: Apache-2.0
/// The heart: what the machine should be, from what the files say and what the machine is like. Pure.
#pragma once

#include "appliance/facts.hpp"
#include "base/result.hpp"
#include "plan/resource.hpp"
#include "profile/settled.hpp"

#include <cstdint>
#include <string>

namespace eligate::appliance {

/// The routing table with the destinations' routes, our mark on every route and rule (rtm_protocol), and the
/// rules' priorities: all before 220, where charon's own rule stands.
inline constexpr std::uint32_t routing_table = 8470;
inline constexpr std::uint8_t routing_protocol = 84;
inline constexpr std::uint32_t rule_priority = 210;

inline constexpr const char* connection_prefix = "eligate-";
inline constexpr const char* child_name = "eligate";
inline constexpr const char* swanctl_path = "/etc/swanctl/conf.d/eligate.conf";
inline constexpr const char* strongswan_path = "/etc/strongswan.d/zz-eligate.conf";
inline constexpr const char* private_key_path = "/etc/swanctl/private/eligate.der";

/// The texts of templates/, read by the caller.
struct Templates {
    std::string firewall;
    std::string strongswan;
};

struct Desired {
    plan::State state;
    /// The firewall as text for nft; state holds it only once it is in canonical form, see with_firewall().
    std::string firewall_text;
    std::string wan_interface;
    std::string tunnel_interface;
};

/// Errors: no_wan, no_interface, dataplane_missing, dataplane_unsupported, template_broken, unwritable_value.
base::Result<Desired> desired_state(const profile::Settled& settled, const Facts& facts,
                                    const Templates& templates);

/// The complete desired state, once nft has said how it lists firewall_text.
plan::State with_firewall(const Desired& desired, std::string canonical_listing);

} // namespace eligate::appliance
