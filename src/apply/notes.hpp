// SPDX-License-Identifier: Apache-2.0
/// What a person should know of a plan beside its actions: sentences that stand in nobody's way.
#pragma once

#include "appliance/desired_state.hpp"
#include "appliance/facts.hpp"
#include "base/message.hpp"
#include "port/network_keeper.hpp"
#include "profile/settled.hpp"

#include <functional>
#include <string>
#include <vector>

namespace eligate::apply {

/// Where the measured MTU comes from, what strongSwan would do to resolv.conf, and what the programs that
/// configure WAN and LAN have to leave alone.
std::vector<base::Message>
notes_on(const profile::Settled& settled, const appliance::Facts& facts, const appliance::Desired& desired,
         const std::function<port::NetworkKeeper(const std::string& interface)>& keeper_of);

} // namespace eligate::apply
