// SPDX-License-Identifier: Apache-2.0
/// The resources that live in charon, over one VICI session: authorities, keys, secrets, connections, tunnel.
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"
#include "vici/charon.hpp"

#include <span>
#include <string>

namespace eligate::linux_adapter {

/// Puts into `observed` what charon holds of the resources named in `scope` (the most trusted state first: a
/// value that charon does not tell in full is taken from the first that has a fitting one).
base::Result<> observe_charon(vici::Charon& charon, std::span<const plan::State> scope,
                              plan::State& observed);

/// All that charon has of the tunnel is a CHILD_SA through which nothing comes back (vici/sa.hpp).
base::Result<bool> is_unanswered(vici::Charon& charon, const plan::Tunnel& tunnel);

base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Authority& authority);
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::PrivateKey& key);
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::SharedSecret& secret);
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Connection& connection);
/// What charon is negotiating already is waited for: 2 seconds if the gateway has not answered, 20 if it has.
/// Then bringing up blocks for at most 10 seconds a gateway, taking down for 2.
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Tunnel& tunnel);

} // namespace eligate::linux_adapter
