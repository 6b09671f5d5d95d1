// SPDX-License-Identifier: Apache-2.0
/// The resources that live in charon, over one VICI session: authorities, keys, secrets and connections; the
/// tunnel is seen with them, and acted on in charon_tunnel.hpp.
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

base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Authority& authority);
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::PrivateKey& key);
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::SharedSecret& secret);
base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Connection& connection);

} // namespace eligate::linux_adapter
