// SPDX-License-Identifier: Apache-2.0
/// From what the files mean to what this machine should be, and how to prove that it is: the step that
/// `plan`, `apply` and `verify` have in common.
#pragma once

#include "appliance/desired_state.hpp"
#include "apply/transaction.hpp"
#include "base/message.hpp"
#include "base/result.hpp"
#include "port/ground.hpp"
#include "port/kernel_ipsec.hpp"
#include "port/network_keeper.hpp"
#include "profile/settled.hpp"
#include "verify/ladder.hpp"
#include "vici/charon.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

/// What preparing looks at; everything outlives the Goal.
struct Surroundings {
    vici::Charon& charon;
    verify::Ports ports;
    /// How the kernel lists a firewall table, without loading it here.
    std::function<base::Result<std::string>(const std::string& text)> canonical_firewall;
    /// The table as it stands.
    std::function<base::Result<std::optional<std::string>>()> listed_firewall;
    /// What the kernel has for IPsec.
    std::function<base::Result<port::KernelIpsec>()> kernel_ipsec;
    /// Who listens on port 53 of this machine, but on its loopback.
    std::function<base::Result<std::vector<port::DnsListener>>()> dns_listeners;
    /// Whether the forwarder's program is there.
    std::function<base::Result<>()> has_forwarder;
    /// Who configures an interface.
    std::function<port::NetworkKeeper(const std::string& interface)> keeper_of;
    appliance::Templates templates;
};

struct Prepared {
    plan::State desired;
    verify::Expectation expectation;
    /// What a person should know of it beside the actions.
    std::vector<base::Message> notes;
};

/// Blocks as long as nft and charon take to answer, at most 5 seconds each, and for what measuring the way to
/// the gateway takes (path_mtu.hpp), where that is needed. Changes nothing.
base::Result<Prepared> prepare(const profile::Settled& settled, const Surroundings& surroundings);

/// What stands in the way of the terminals' forwarder, where the site has one: forwarder_missing, and
/// dns_port_in_use where another program listens on port 53 of an address that it needs, or of all.
std::vector<base::Error> obstacles_to_forwarder(const profile::Settled& settled,
                                                const Surroundings& surroundings);

/// `observer` hears both climbs; it, `settled` and `cancel` outlive the goal.
Goal goal_of(const profile::Settled& settled, const Prepared& prepared, const Surroundings& surroundings,
             verify::Observer& observer, const base::Cancel& cancel);

} // namespace eligate::apply
