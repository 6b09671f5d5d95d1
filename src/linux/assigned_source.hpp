// SPDX-License-Identifier: Apache-2.0
/// The assigned address as the source of what the terminals send into the tunnel: source NAT to it, in a
/// table of its own. The address is known to charon only, so it is asked each time. What the appliance itself
/// sends takes the address from charon's own route.
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"
#include "vici/charon.hpp"

#include <span>

namespace eligate::linux_adapter {

base::Result<> observe_sources(vici::Charon& charon, std::span<const plan::State> scope,
                               plan::State& observed);

base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::AssignedSource& source);

} // namespace eligate::linux_adapter
