// SPDX-License-Identifier: Apache-2.0
/// The terminals' DNS forwarder: what lies behind the tunnel is asked of the provider's servers and of nobody
/// else.
#pragma once

#include "appliance/desired_state.hpp"

#include <string>
#include <vector>

namespace eligate::appliance {

/// The zones in which the addresses of these prefixes are looked up backwards ("20.10.in-addr.arpa"), sorted:
/// as few labels as say it. Where that makes more than 1024, fewer and wider ones that hold them all.
std::vector<std::string> reverse_zones(const std::vector<net::Prefix>& prefixes);

/// What is asked of the provider's servers: the domains, and the zones of the destinations' addresses.
std::vector<std::string> zones_behind_tunnel(const profile::Settled& settled);

/// Its settings and itself, where the site has one. Errors: no_lan_address, template_broken.
base::Result<> add_forwarder(plan::State& state, const profile::Settled& settled, const Facts& facts,
                             const Templates& templates);

} // namespace eligate::appliance
