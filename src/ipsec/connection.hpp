// SPDX-License-Identifier: Apache-2.0
/// One IKEv2 connection as eligate wants it: what becomes swanctl.conf, the VICI load-conn message, and what
/// is compared with what charon says it understood.
#pragma once

#include "ipsec/identity.hpp"
#include "ipsec/proposal.hpp"
#include "net/prefix.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eligate::ipsec {

enum class AuthMethod { psk, eap_mschapv2, pubkey };

struct Auth {
    AuthMethod method = AuthMethod::psk;
    Identity id;
    /// EAP only: the identity inside EAP, where it differs from the IKE one. Printable ASCII.
    std::optional<std::string> eap_id;
    /// Of the remote side, by certificate: DER of the subject of the CA that must stand in its chain (ca_id);
    /// empty: any CA that charon trusts.
    std::string authority_subject = {};
    bool operator==(const Auth&) const = default;
};

struct Child {
    std::string name;
    std::vector<Proposal> proposals;
    /// Empty: strongSwan's "dynamic", which becomes the assigned virtual IP.
    std::vector<net::Prefix> local_ts;
    std::vector<net::Prefix> remote_ts;
    /// Packets; nothing: strongSwan's 32. Only the kernel's ESP takes more (kernel-libipsec does not).
    std::optional<std::uint32_t> replay_window;
    /// The XFRM interface that carries it; nothing on the userspace dataplane.
    std::optional<std::uint32_t> if_id;
    /// Path of the program that charon calls when the CHILD_SA comes and goes; empty: none.
    std::string updown = {};
    bool operator==(const Child&) const = default;
};

struct Connection {
    /// [A-Za-z0-9_-]: also a section name of swanctl.conf.
    std::string name;
    /// Host name or address, exactly one: strongSwan's list of remote_addrs is not a failover list.
    std::string gateway;
    std::vector<Proposal> proposals;
    Auth local;
    Auth remote;
    /// Ask the provider for an address (vips = 0.0.0.0).
    bool virtual_ip = true;
    Child child;
    /// Follow a change of our own address (RFC 4555). Off for kernel-libipsec, which cannot update an SA.
    bool mobike = true;
    /// Whether strongSwan starts it by itself when it loads its own file at boot.
    bool start_at_boot = false;
    bool operator==(const Connection&) const = default;
};

} // namespace eligate::ipsec
