// SPDX-License-Identifier: Apache-2.0
/// The verification ladder: which checks a site has, what each needs to have passed before, and the climbing.
#pragma once

#include "port/place.hpp"
#include "port/probe.hpp"
#include "profile/settled.hpp"
#include "verify/check.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace eligate::vici {
struct IkeSa;
}

namespace eligate::verify {

/// What the appliance was set up to be; the ladder compares the machine with it.
struct Expectation {
    /// Never empty: the site's, or the one that held the default route.
    std::string wan_interface;
    /// "eligate0" or "ipsec0".
    std::string tunnel_interface;
    /// Connections in charon whose names begin so are ours.
    std::string connection_prefix;
    /// Only SAs of this child count.
    std::string child_name;
    /// Of the XFRM interface that the child's SAs must belong to; 0 on the userspace dataplane.
    std::uint32_t if_id = 0;
    /// Between these the tunnel interface's MTU should be (bytes of an inner IP packet); outside, mtu.path
    /// warns.
    unsigned mtu_low = 0;
    unsigned mtu_high = 0;
    /// "inet eligate", for the evidence.
    std::string firewall_table;
    /// Whether that table is in the kernel exactly as wanted. Blocks for at most a second.
    std::function<base::Result<bool>()> firewall_as_wanted;
    /// The interfaces behind which the terminals are.
    std::vector<std::string> lan_interfaces;
    /// Where the terminals' forwarder listens; empty: there is none.
    std::vector<net::Address> forwarder;
};

/// The ladder's eyes and hands; each outlives the climb. Every one may be called from several threads at
/// once, except list_sas, which the ladder calls from one at a time.
struct Ports {
    port::Links& links;
    port::WallClock& clock;
    port::Names& names;
    port::Wire& wire;
    port::Places& places;
    port::LineWatcher& watcher;
    /// What charon's list-sas says now. Blocks for at most 2 seconds.
    std::function<base::Result<std::vector<vici::IkeSa>>()> list_sas;
};

/// What one check found. The party of a warning or failure is its code's.
struct Finding {
    Status status = Status::unknown;
    std::optional<base::Code> code = std::nullopt;
    base::Message what = {};
    base::Evidence evidence = {};
};

struct Rung {
    std::string id;
    base::Message title;
    /// Who would have to act if it failed; a finding's code says it better.
    catalog::Party party = catalog::Party::appliance;
    /// Ids of rungs that stand before this one in the list. If one of them fails or is skipped, so is this.
    std::vector<std::string> needs;
    /// Ids of rungs that stand before this one, and whose end it waits for, whatever it is.
    std::vector<std::string> after = {};
    std::chrono::milliseconds deadline{0};
    std::function<Finding(const port::Until&)> run;
};

/// All rungs of the site, in the contract's order. `settled` and `expectation` are copied where needed, the
/// ports are kept by reference.
std::vector<Rung> build_ladder(const profile::Settled& settled, const Expectation& expectation,
                               const Ports& ports);

/// link.wan, clock, gateway.resolve, gateway.reach: what can be known before anything of ours exists.
/// Of the expectation only wan_interface counts; of the ports, list_sas is not called.
std::vector<Rung> build_preflight(const profile::Settled& settled, const Expectation& expectation,
                                  const Ports& ports);

/// Hears how the climb goes; called from the climbing thread only.
class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    Observer(Observer&&) = delete;
    Observer& operator=(Observer&&) = delete;
    virtual ~Observer() = default;

    virtual void started(const std::string& id, const base::Message& title) = 0;
    virtual void finished(const Check& check) = 0;
};

/// Runs what is independent side by side, on at most 8 threads. The report has the ladder's order whatever
/// finished first. Lasts at most the longest chain of deadlines, and what the kernel takes to make a
/// terminal's place; after a cancel it returns as soon as the running checks have noticed (the rest is
/// `unknown` with code interrupted). Rungs that stand in `known` are not climbed again: an apply has just
/// asked the line and the gateways.
Report climb(const std::vector<Rung>& ladder, Observer& observer, const base::Cancel& cancel,
             std::span<const Check> known = {});

} // namespace eligate::verify
