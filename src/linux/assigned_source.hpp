// SPDX-License-Identifier: Apache-2.0
/// The assigned address as the source of what goes into the tunnel: routes that name it, and source NAT to it
/// for the terminals, in a table of its own. The address is known to charon only, so it is asked each time.
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"
#include "vici/charon.hpp"

#include <cstdint>
#include <span>

namespace eligate::linux_adapter {

base::Result<> observe_sources(vici::Charon& charon, std::span<const plan::State> scope,
                               plan::State& observed);

base::Result<> act(vici::Charon& charon, const plan::Action& action, const plan::AssignedSource& source,
                   std::uint8_t protocol);

} // namespace eligate::linux_adapter
