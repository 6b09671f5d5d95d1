// SPDX-License-Identifier: Apache-2.0
/// What charon needs to hold for us to prove who we are, and to believe the gateway.
#pragma once

#include "base/result.hpp"
#include "plan/resource.hpp"
#include "profile/settled.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::appliance {

struct Credentials {
    std::vector<plan::SharedSecret> secrets;
    std::optional<plan::PrivateKey> private_key;
    /// DER, sent with the connection: the one way VICI has to give a certificate to a connection alone.
    std::vector<std::string> certificates;
    std::vector<plan::Authority> authorities;
    /// DER of the subject of the CA that has to stand in the gateway's chain. Without it every CA that
    /// anybody loaded into charon could vouch for this gateway.
    std::string authority_subject;
    /// SHA-256 over all of it, in hex: tells that a credential changed without telling what it is.
    std::string fingerprint;
};

/// Errors: unreadable_credential, for what OpenSSL cannot read (the profile room has read it before).
base::Result<Credentials> credentials_of(const profile::Settled& settled);

} // namespace eligate::appliance
