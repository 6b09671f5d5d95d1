// SPDX-License-Identifier: Apache-2.0
/// port::Names with c-ares: asks what /etc/hosts and /etc/resolv.conf of this moment say, with deadlines that
/// getaddrinfo(3) does not have.
#pragma once

#include "port/probe.hpp"

namespace eligate::linux_adapter {

class ProbeNames final : public port::Names {
  public:
    base::Result<std::vector<port::Resolution>> resolve(std::span<const std::string> hosts,
                                                        const port::Until& until) override;
    std::vector<std::string> servers() override;
};

} // namespace eligate::linux_adapter
