// SPDX-License-Identifier: Apache-2.0
/// What the files mean together: every check that needs more than one of them.
#pragma once

#include "profile/credential.hpp"
#include "profile/network.hpp"
#include "profile/provider.hpp"
#include "profile/secrets.hpp"
#include "profile/settled.hpp"
#include "profile/site.hpp"

#include <optional>
#include <vector>

namespace eligate::profile {

struct Authors {
    const Provider& provider;
    /// Null if it could not be read; what hangs on it is left out then.
    const Network* network = nullptr;
    const Site& site;
    const Secrets* secrets = nullptr;
};

/// Reports into `diagnostics`; adds to `to_hide` the places in the site's file that hold a secret. The value
/// is only meaningful if nothing, here or before, was an error.
std::optional<Settled> settle(const Authors& authors, const PaperFiles& files, base::Diagnostics& diagnostics,
                              std::vector<base::SourceSpan>& to_hide);

} // namespace eligate::profile
