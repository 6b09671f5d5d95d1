// SPDX-License-Identifier: Apache-2.0
/// The tunnel in charon: whether it stands, bringing it up by one of its gateways, and taking it down.
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"
#include "vici/charon.hpp"

#include <string>
#include <vector>

namespace eligate::linux_adapter {

/// One of its gateways carries its CHILD_SA, and the assigned address is where it belongs.
base::Result<bool> is_up(const plan::Tunnel& tunnel, const std::vector<vici::IkeSa>& sas);

/// All that charon has of the tunnel is a CHILD_SA through which nothing comes back (vici/sa.hpp).
base::Result<bool> is_unanswered(vici::Charon& charon, const plan::Tunnel& tunnel);

/// What charon is negotiating already is waited for: 2 seconds if the gateway has not answered, 20 if it has.
/// Then bringing up blocks for at most 10 seconds a gateway, taking down for 2.
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Tunnel& tunnel);

/// Bringing up as `act` does, but a gateway whose name is not found is left at once. Where all has failed and
/// the preferred gateway was silent, charon is left trying that one, as it does after a boot.
base::Result<> bring_back(vici::Charon& charon, const plan::Tunnel& tunnel);

/// What charon may just be negotiating by the old definition of a connection is not what is to be proven. A
/// tunnel that stands is for its own action to take down.
base::Result<> end_negotiation(vici::Charon& charon, const std::string& name);

} // namespace eligate::linux_adapter
