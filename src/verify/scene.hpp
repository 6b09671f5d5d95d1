// SPDX-License-Identifier: Apache-2.0
/// What the rungs of one ladder share.
#pragma once

#include "verify/ladder.hpp"
#include "vici/sa.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace eligate::verify {

/// The parts of Settled the checks look at: everything but the credential, which no check needs.
struct Wanted {
    std::vector<std::string> gateways;
    std::vector<ipsec::Proposal> ike_proposals;
    profile::AddressMode address = profile::AddressMode::assigned;
    std::vector<net::Prefix> remote_ts;
    std::vector<net::Prefix> destinations;
    std::vector<net::Address> dns_servers;
    /// Of the clinic's LAN, where the site file says them.
    std::vector<net::Prefix> lan_prefixes;
    /// A name that the servers behind the tunnel should know.
    std::string sample_name;
    std::vector<std::string> domains;
    /// Addresses of terminals from which one may look; empty: nobody on a LAN may use the tunnel.
    std::vector<net::Address> places;
    bool place_is_named = false;
};

class Scene {
  public:
    Scene(Wanted wanted, Expectation expectation, Ports ports)
        : m_wanted(std::move(wanted))
        , m_expectation(std::move(expectation))
        , m_ports(std::move(ports)) {}

    const Wanted& wanted() const { return m_wanted; }
    const Expectation& expectation() const { return m_expectation; }
    const Ports& ports() const { return m_ports; }

    /// Our IKE_SAs; none in the preflight, which has no list_sas.
    base::Result<std::vector<vici::IkeSa>> our_sas();
    /// One of our IKE_SAs is established with our child installed: whatever a probe on the line says, gateway
    /// and ports work.
    bool tunnel_stands();

    /// What gateway.resolve found; written there, read by the rungs that need it (so never at the same time).
    std::vector<port::Resolution> resolved_gateways; // NOLINT(misc-non-private-member-variables-in-classes)
    /// Why gateway.reach would have failed, had the tunnel not stood: if it turns out to carry nothing, this
    /// is the reason. Written and read like the other.
    std::optional<Finding> unreached; // NOLINT(misc-non-private-member-variables-in-classes)

  private:
    Wanted m_wanted;
    Expectation m_expectation;
    Ports m_ports;
    std::mutex m_sas_mutex;
};

using ScenePtr = std::shared_ptr<Scene>;

/// Working states of an SA: while it is rekeyed, the old one still carries traffic.
bool works(const vici::IkeSa& sa);
bool works(const vici::ChildSa& child);

/// The children that count: of our connections, with our child's name, carrying traffic.
std::vector<vici::ChildSa> working_children(const std::vector<vici::IkeSa>& sas,
                                            const std::string& child_name);

/// Findings in one line.
Finding pass(base::Evidence evidence = {});
Finding warn(base::Code code, base::Message what, base::Evidence evidence = {});
Finding failed(base::Code code, base::Message what, base::Evidence evidence = {});
Finding unknown(base::Message what, base::Evidence evidence = {});
/// This machine could not even try, which proves nothing: a failure with the error's own code.
Finding failed(base::Error error);

std::string text_of(std::chrono::milliseconds millis);

} // namespace eligate::verify
