// SPDX-License-Identifier: Apache-2.0
/// This machine: every kind of resource with its adapter.
#pragma once

#include "linux/netlink.hpp"
#include "port/machine.hpp"
#include "vici/charon.hpp"

#include <cstdint>

namespace eligate::linux_adapter {

class LinuxMachine : public port::Machine {
  public:
    /// `charon` outlives it and is used by nobody else while a call runs. `protocol` marks routes and rules.
    LinuxMachine(vici::Charon& charon, std::uint8_t protocol)
        : m_charon(charon)
        , m_protocol(protocol) {}

    base::Result<plan::State> observe(std::span<const plan::State> scope) override;
    base::Result<> act(std::span<const plan::Action> batch) override;
    base::Result<bool> is_unanswered(const plan::Tunnel& tunnel) override;
    base::Result<> bring_back(const plan::Tunnel& tunnel) override;

  private:
    base::Result<> act_on_routing(std::span<const plan::Action> batch) const;
    vici::Charon& m_charon;
    std::uint8_t m_protocol;
};

} // namespace eligate::linux_adapter
