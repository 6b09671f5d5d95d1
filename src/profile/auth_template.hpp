// SPDX-License-Identifier: Apache-2.0
/// The parts of [ike] that say who proves what to whom, with their placeholders. Internal to the profile's
/// reading.
#pragma once

#include "profile/provider.hpp"
#include "profile/table.hpp"

namespace eligate::profile {

/// Reports the keys by which old papers ask for IKEv1, XAUTH or aggressive mode; `version = 2` passes.
void refuse_ikev1(Table& table);

/// `provider` must have its intake already.
AuthTemplate read_local_auth(Table& table, const Provider& provider);
AuthTemplate read_remote_auth(Table& table, const Provider& provider);
void check_auth_combination(const Provider& provider, base::Diagnostics& diagnostics);

/// Whether the template is a host name or address once it is filled.
bool check_host_template(const Template& text, std::string_view key, const Provider& provider,
                         base::Diagnostics& diagnostics);

/// A key that somebody wrote into the profile itself is reported; it must not be shown besides.
void hide_secrets(const Provider& provider, Document& document);

} // namespace eligate::profile
