// SPDX-License-Identifier: Apache-2.0
/// /etc/swanctl/conf.d/eligate.conf: what strongSwan loads by itself at boot; the same connections and
/// credentials that eligate loads over VICI, from the same values.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"
#include "plan/resource.hpp"

#include <span>
#include <string>
#include <vector>

namespace eligate::appliance {

struct BootConfiguration {
    std::span<const plan::Connection> connections;
    std::span<const plan::SharedSecret> secrets;
    /// Path of each CA's own file beside its name: swanctl.conf can name a CA only by file.
    std::span<const std::pair<std::string, std::string>> authorities;
};

/// The whole text is a secret: it holds the pre-shared key in base64.
base::Result<base::Secret> swanctl_conf(const BootConfiguration& boot);

} // namespace eligate::appliance
