// SPDX-License-Identifier: Apache-2.0
/// The one place that says which strongSwan settings a connection becomes. load-conn sends this message and
/// the renderer of swanctl.conf writes it (`connections { … }`), so file and daemon cannot differ.
#pragma once

#include "ipsec/connection.hpp"
#include "vici/message.hpp"

#include <string>
#include <vector>

namespace eligate::vici {

/// Long enough not to disturb, short enough to notice a dead gateway: a probe each 30 s of silence.
inline constexpr unsigned dpd_delay_seconds = 30;
/// strongSwan's own defaults, spelled out because both ends and `status` show them.
inline constexpr unsigned ike_rekey_seconds = 4 * 3600;
inline constexpr unsigned child_rekey_seconds = 3600;

/// What charon does with a child by itself as soon as it has the connection.
enum class StartAction { none, start };

/// The certificates a connection names. Over VICI each is the DER itself, in swanctl.conf the name of a file
/// below /etc/swanctl/x509.
struct Certificates {
    /// Ours, end entity first; empty for PSK and EAP.
    std::vector<std::string> own;
    bool operator==(const Certificates&) const = default;
};

/// One section named after the connection, with everything in it: `<name> { version = 2 … children { … } }`.
/// charon cuts longer texts without a word (vici_stringify, 5.9.8), so a value beyond its buffer, or with
/// characters it refuses, is value_unfit (IKE005).
base::Result<Message> connection_message(const ipsec::Connection& connection, StartAction start,
                                         const Certificates& certificates = {});

/// The name that EAP uses for us, with its type, as `eap_id` and as owner of the password. The type is always
/// spelled out: an untyped "10.1.2.3" or "%any" would turn into something else in charon.
std::string eap_identity(const ipsec::Auth& auth);

} // namespace eligate::vici
