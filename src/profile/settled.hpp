// SPDX-License-Identifier: Apache-2.0
/// What the three authors' files mean together, checked, with every placeholder filled in. This is all that
/// the rest of the house sees of profile, network and site; there is nothing left to parse or to doubt in it.
#pragma once

#include "base/message.hpp"
#include "base/secret.hpp"
#include "ipsec/connection.hpp"
#include "net/prefix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace eligate::profile {

struct Support {
    std::string phone;
    std::string hours;
};

/// One thing the network file says to test behind the tunnel.
struct DnsCheck {
    std::string name;
    /// The reply is known to exceed 1232 bytes, so EDNS or TCP must work.
    bool large_reply = false;
};
struct TcpCheck {
    std::string host;
    std::uint16_t port = 0;
};
struct TlsCheck {
    std::string host;
    std::uint16_t port = 443;
    /// The terminal holds the certificate; being asked for one is a pass. Nothing: either is fine.
    std::optional<bool> client_certificate_requested;
};
struct NtpCheck {
    std::string host;
};
struct ProxyCheck {
    std::string host;
    std::uint16_t port = 8080;
};
using ServiceCheck = std::variant<DnsCheck, TcpCheck, TlsCheck, NtpCheck, ProxyCheck>;

enum class Transport { tcp, udp };
struct Port {
    Transport transport = Transport::tcp;
    std::uint16_t number = 0;
    auto operator<=>(const Port&) const = default;
};

struct Service {
    std::string id;
    base::LocalText name;
    std::vector<ServiceCheck> checks;
};

struct PskCredential {
    base::Secret psk;
};
struct EapCredential {
    base::Secret password;
};
struct CertificateCredential {
    /// DER; the appliance's own certificate of the tunnel first, then intermediates.
    std::vector<std::string> chain;
    /// PKCS#8 DER, unencrypted.
    base::Secret private_key;
};
using Credential = std::variant<PskCredential, EapCredential, CertificateCredential>;

enum class AddressMode { assigned, routed };
enum class Dataplane { automatic, xfrm, userspace };

/// Where the terminals' forwarder asks for what does not lie behind the tunnel.
enum class OtherNames { line, refuse };
struct Forwarder {
    OtherNames other = OtherNames::line;
};

struct Settled {
    std::string profile_id;
    std::uint32_t revision = 0;
    base::LocalText provider_name;
    Support support;
    std::string network_id;
    base::LocalText network_name;
    /// Domains that live behind the tunnel, from the network and the profile.
    std::vector<std::string> domains;
    /// Only the services this site uses, in the network file's order.
    std::vector<Service> services;
    /// Where terminals may go beside DNS and echo; empty: everywhere, since a service of this site does not
    /// say.
    std::vector<Port> ports;

    /// In order of preference; host names or addresses.
    std::vector<std::string> gateways;
    std::vector<ipsec::Proposal> ike_proposals;
    ipsec::Auth local;
    ipsec::Auth remote;
    Credential credential;
    /// DER of the CAs that may vouch for the gateway; empty if the gateway proves itself by PSK.
    std::vector<std::string> gateway_authorities;

    std::vector<ipsec::Proposal> esp_proposals;
    AddressMode address = AddressMode::assigned;
    /// routed: what the site offers as its own side ([lan] prefix, else the terminals). assigned: empty.
    std::vector<net::Prefix> local_ts;
    std::vector<net::Prefix> remote_ts;
    std::vector<net::Prefix> destinations;
    std::vector<net::Address> dns_servers;

    std::string clinic;
    std::string line;
    /// Empty: the interface that holds the default route.
    std::string wan_interface;
    /// Empty: none (the appliance itself is the only user) or the WAN itself.
    std::vector<std::string> lan_interfaces;
    /// Of the LAN, where the site file says them.
    std::vector<net::Prefix> lan_prefixes;
    /// Some may lie within others.
    std::vector<net::Prefix> terminals;
    /// Addresses from which the ladder may look as a terminal does, in the order of preference: the one that
    /// the site file names, else some of the terminals'.
    std::vector<net::Address> places;
    /// The site file names it: it is meant to be free.
    bool place_is_named = false;
    /// Nothing: no forwarder of ours.
    std::optional<Forwarder> forwarder;
    Dataplane dataplane = Dataplane::automatic;
};

} // namespace eligate::profile
