// SPDX-License-Identifier: Apache-2.0
/// From the auth templates and the papers to what proves us to the gateway and the gateway to us. Internal to
/// settling.
#pragma once

#include "profile/disk.hpp"
#include "profile/papers.hpp"
#include "profile/settled.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::profile {

struct PaperFiles {
    const ReadFile& read;
    /// What a relative path is relative to.
    std::string folder;
    Time now;
};

/// `identity` is what a certificate must be for; null if it could not be settled.
std::optional<Credential> settle_credential(const AuthTemplate& local, const ipsec::Identity* identity,
                                            const Papers& papers, const PaperFiles& files,
                                            base::Diagnostics& diagnostics);

/// DER of the CAs that vouch for the gateway; empty without any if the gateway proves itself by PSK.
std::vector<std::string> settle_authorities(const AuthTemplate& remote, const Papers& papers,
                                            const PaperFiles& files, base::Diagnostics& diagnostics);

} // namespace eligate::profile
