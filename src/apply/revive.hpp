// SPDX-License-Identifier: Apache-2.0
/// The committed tunnel comes up again if it is down. charon tries by itself as long as a gateway does not
/// answer at all, but it gives up for good where one answers with a refusal (a provider that is just starting
/// answers NO_PROPOSAL_CHOSEN), and of several gateways it knows only the first after a boot. Where nobody
/// answered, charon is left trying as it was found.
///
/// A tunnel that stands while nothing comes back through it is begun anew: a gateway that still holds an SA
/// of before sends through that one, DPD is answered all the same, and charon would leave it so for hours.
#pragma once

#include "apply/transaction.hpp"

namespace eligate::apply {

enum class Revival {
    /// Nothing is committed, or a change that was cut off comes first.
    not_wanted,
    /// charon does not answer, or another eligate is at work.
    not_now,
    up,
    revived,
    /// Nothing came back through it: ended, and begun anew.
    renewed,
    /// No gateway took it. The timer tries again 30 seconds later; where nobody answered charon does so
    /// meanwhile.
    refused,
};

/// A look or two at charon's SAs; where the tunnel is down one attempt at each gateway, at most 34 seconds
/// each. Begun anew at most every ten minutes, but each time within ten minutes of the boot: where the
/// network behind the gateway is at rest, nothing comes back either. Errors: record_damaged, and the store's.
base::Result<Revival> revive(const Engine& engine);

} // namespace eligate::apply
