// SPDX-License-Identifier: Apache-2.0
/// The rooms below as the commands use them: functions and ports, chosen by main, faked by tests.
#pragma once

#include "apply/restore.hpp"
#include "apply/transaction.hpp"
#include "base/result.hpp"
#include "port/deadline.hpp"
#include "port/machine.hpp"
#include "port/store.hpp"
#include "port/system_log.hpp"
#include "port/trace.hpp"
#include "profile/load.hpp"
#include "verify/ladder.hpp"
#include "vici/sa.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace eligate::cli {

/// The machine that is looked at and changed.
struct Appliance {
    /// Whatever the rest of this refers to.
    std::shared_ptr<void> adapters;
    port::Machine& machine;
    port::Store& store;
    port::Deadline& deadline;
    port::SystemLog& system_log;
    /// What is in the way of this site, before the machine is compared with it. Blocks for at most 20
    /// seconds.
    std::function<std::vector<base::Error>(const profile::Settled& settled)> readiness;
    /// What is in the way of writing a first apply's files.
    std::function<std::vector<base::Error>()> first_room;
    /// What the machine should be for a site, and how it is proven; both climbs report to the observer, which
    /// outlives the goal. Looks at the machine, changes nothing, blocks for at most 20 seconds.
    std::function<base::Result<apply::Goal>(const profile::Settled& settled, verify::Observer& observer)>
        goal;
    /// How nft would list a firewall table, without loading it here. Blocks for at most 40 seconds.
    apply::CanonicalFirewall canonical_firewall;
    /// What can be known of a change that somebody else made.
    port::Tracer trace;
    /// What charon's list-sas says now. Blocks for at most 2 seconds.
    std::function<base::Result<std::vector<vici::IkeSa>>()> list_sas;
};

struct Engine {
    profile::Disk disk;
    profile::Shelves shelves;
    std::function<profile::Time()> now;
    /// Who runs this: "taro", or "taro (192.168.1.5)" over SSH.
    std::function<std::string()> who;
    /// The other end's address of the SSH session in which this runs; empty where it is none.
    std::function<std::string()> peer;
    /// Opened only by the commands that need it. Error not_root without the rights for it,
    /// charon_unreachable.
    std::function<base::Result<Appliance>()> appliance;
};

} // namespace eligate::cli
