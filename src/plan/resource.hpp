// SPDX-License-Identifier: Apache-2.0
/// Everything eligate changes on a machine, as values. A kind of resource is one struct here and one adapter
/// in linux/; diff, inverse, journal, rollback, remove and plan know nothing of the kinds.
#pragma once

#include "base/secret.hpp"
#include "ipsec/connection.hpp"
#include "net/prefix.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace eligate::plan {

/// Who has to be told that a file changed; told again when it is put back.
enum class Reader { none, charon_settings, forwarder };

/// A regular file of root:root. Its folder exists already.
struct File {
    std::string path;
    /// Permission bits; a sensitive file is 0600.
    std::uint32_t mode = 0644;
    base::Secret content;
    /// Holds secrets: its text is never shown, not even as a difference.
    bool sensitive = false;
    Reader reader = Reader::none;
    bool operator==(const File&) const = default;
};

struct Sysctl {
    /// Dotted, as in sysctl(8): "net.ipv4.ip_forward".
    std::string name;
    std::string value;
    bool operator==(const Sysctl&) const = default;
};

/// The whole nft table `inet eligate`, replaced in one transaction.
struct FirewallTable {
    /// The canonical listing (`nft -s list table`): what the kernel would show, so that equal means equal.
    std::string listing;
    bool operator==(const FirewallTable&) const = default;
};

/// An XFRM interface: what is routed to it leaves through the SAs and policies of its if_id, or not at all.
struct Link {
    std::string name;
    /// 0 in what was observed: a link of another kind stands under that name.
    std::uint32_t if_id = 0;
    /// Bytes of an inner packet.
    std::uint32_t mtu = 0;
    /// Administratively. Down, it has no routes.
    bool up = true;
    bool operator==(const Link&) const = default;
};

enum class RouteType { unicast, unreachable };

struct Route {
    std::uint32_t table = 0;
    net::Prefix destination;
    RouteType type = RouteType::unicast;
    /// Empty for unreachable.
    std::string device;
    /// The kernel's priority: the lower wins.
    std::uint32_t metric = 0;
    /// The preferred source; nothing: the kernel takes the device's first address.
    std::optional<net::Address> source = std::nullopt;
    bool operator==(const Route&) const = default;
};

enum class RuleAction {
    lookup,
    /// Jump over the rules in between.
    go_to,
    /// Does nothing: a place to jump to.
    nop,
};

struct Rule {
    std::uint32_t priority = 0;
    RuleAction action = RuleAction::lookup;
    std::optional<net::Prefix> to;
    /// lookup: the table; go_to: the priority to go on with; nop: 0.
    std::uint32_t target = 0;
    /// FRA_SUPPRESS_PREFIXLEN: routes with this prefix length or a shorter one do not count.
    std::optional<std::uint32_t> suppress_prefixlength;
    bool operator==(const Rule&) const = default;
};

/// A CA that may vouch for the gateway (VICI load-authority: the one way to load a CA that can be unloaded).
struct Authority {
    std::string name;
    std::string der;
    bool operator==(const Authority&) const = default;
};

struct PrivateKey {
    /// charon's key id: hex SHA-1 of the subjectPublicKey; the only name a key has there.
    std::string key_id;
    base::Secret der;
    bool operator==(const PrivateKey&) const = default;
};

enum class SharedType { ike, eap };

struct SharedSecret {
    /// Also the section's name in swanctl.conf, so that `swanctl --load-all` means the same secret.
    std::string id;
    SharedType type = SharedType::ike;
    /// Whose secret it is; never empty, since without owners it would be everybody's.
    std::vector<std::string> owners;
    base::Secret secret;
    bool operator==(const SharedSecret&) const = default;
};

/// A connection loaded in charon.
struct Connection {
    ipsec::Connection connection;
    /// DER of our own certificates, which VICI takes along with the connection.
    std::vector<std::string> certificates;
    /// What charon listed instead, where it is not what was loaded (somebody else's change); for a person.
    std::string altered;
    bool operator==(const Connection&) const = default;
};

/// The CHILD_SA, up over any one of the connections, tried in this order.
struct Tunnel {
    std::string name;
    std::vector<ipsec::Connection> via;
    /// Fingerprint of the credential: a new one means authenticating again.
    std::string credential;
    bool operator==(const Tunnel&) const = default;
};

/// The terminals' packets to the destinations leave with the address that the provider assigned to this
/// tunnel. Needed only where the tunnel's device carries other tunnels' addresses too: `masquerade` takes the
/// first.
struct AssignedSource {
    /// Of the Tunnel, and the connections whose SA holds the address.
    std::string tunnel;
    std::vector<std::string> connections;
    std::string device;
    std::vector<net::Prefix> destinations;
    bool operator==(const AssignedSource&) const = default;
};

/// The terminals' DNS forwarder runs: dnsmasq, with the settings that stand in this file. A File of that
/// path, whose reader it is, holds them.
struct Forwarder {
    std::string settings;
    bool operator==(const Forwarder&) const = default;
};

using Resource = std::variant<FirewallTable, File, Sysctl, Link, Route, Rule, Authority, PrivateKey,
                              SharedSecret, Connection, Tunnel, AssignedSource, Forwarder>;

/// Unique among all resources; also orders those of one kind: "route 8470 10.20.0.0/16 metric 0".
std::string key_of(const Resource& resource);

/// Resources by key.
using State = std::map<std::string, Resource>;

void put(State& state, Resource resource);

} // namespace eligate::plan
