// SPDX-License-Identifier: Apache-2.0
/// port::Places: a network namespace without a name, at the far end of a veth pair whose near end is the
/// appliance's. It goes with the object and with the process (network_namespace.hpp), and the pair, the
/// route and the address with it.
#pragma once

#include "port/place.hpp"

namespace eligate::linux_adapter {

class ProbePlaces final : public port::Places {
  public:
    /// Needs root (CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_NET_RAW).
    base::Result<port::Entered> enter(const port::PlaceWish& wish, const port::Until& until) override;
};

} // namespace eligate::linux_adapter
