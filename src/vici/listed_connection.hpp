// SPDX-License-Identifier: Apache-2.0
/// A connection as charon says it understood it (list-conns), and what it ought to say about one of ours.
/// list-conns of 5.9.8 does not tell proposals, mobike, fragmentation, replay windows or if_ids; a change in
/// those alone cannot be seen here.
#pragma once

#include "ipsec/connection.hpp"
#include "vici/message.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace eligate::vici {

struct ListedAuth {
    /// "pre-shared key", "public key", "EAP".
    std::string auth_class;
    /// "MSCHAPV2"; empty if it is not EAP.
    std::string eap_type;
    std::string id;
    std::string eap_id;
    /// Whether one authority is named (ca_id); its name is in charon's own notation, which nobody imitates.
    bool authority_named = false;
    std::string revocation;
    std::vector<std::string> groups;
    /// Subjects.
    std::vector<std::string> certs;
    std::vector<std::string> cacerts;
    bool operator==(const ListedAuth&) const = default;
};

struct ListedChild {
    std::string name;
    std::string mode;
    /// Seconds.
    std::uint64_t rekey_time = 0;
    std::uint64_t rekey_bytes = 0;
    std::uint64_t rekey_packets = 0;
    std::string dpd_action;
    std::string close_action;
    std::vector<std::string> local_ts;
    std::vector<std::string> remote_ts;
    bool operator==(const ListedChild&) const = default;
};

struct ListedConnection {
    std::string name;
    std::vector<std::string> local_addrs;
    std::vector<std::string> remote_addrs;
    /// "IKEv2"
    std::string version;
    /// Seconds, 0 = never.
    std::uint64_t reauth_time = 0;
    std::uint64_t rekey_time = 0;
    std::uint64_t dpd_delay = 0;
    std::string unique;
    std::vector<ListedAuth> local;
    std::vector<ListedAuth> remote;
    std::vector<ListedChild> children;
    bool operator==(const ListedConnection&) const = default;
};

/// One list-conn event. IKE002 if it has not the one section it must have.
base::Result<ListedConnection> listed_connection(const Message& event);

/// What list-conns says when charon has loaded `connection` and nobody has changed it. `own_subjects`:
/// subjects of the certificates named with it, in charon's own notation; who does not know them clears
/// `certs` on the other side before comparing.
ListedConnection as_listed(const ipsec::Connection& connection, std::vector<std::string> own_subjects = {});

} // namespace eligate::vici
