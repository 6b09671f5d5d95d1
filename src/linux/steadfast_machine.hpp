// SPDX-License-Identifier: Apache-2.0
/// A machine that a person may interrupt while it goes forward, and that still answers on the way back: after
/// a cancel every call that heeds it fails at once, so what puts things back must not heed it any more.
#pragma once

#include "base/cancel.hpp"
#include "port/machine.hpp"

namespace eligate::linux_adapter {

class SteadfastMachine : public port::Machine {
  public:
    /// `heeding` ends its calls when `cancel` is requested, `steadfast` never does. All outlive it.
    SteadfastMachine(port::Machine& heeding, port::Machine& steadfast, const base::Cancel& cancel)
        : m_heeding(heeding)
        , m_steadfast(steadfast)
        , m_cancel(cancel) {}

    base::Result<plan::State> observe(std::span<const plan::State> scope) override {
        return chosen().observe(scope);
    }
    base::Result<> act(std::span<const plan::Action> batch) override { return chosen().act(batch); }
    base::Result<bool> is_unanswered(const plan::Tunnel& tunnel) override {
        return chosen().is_unanswered(tunnel);
    }
    base::Result<> bring_back(const plan::Tunnel& tunnel) override { return chosen().bring_back(tunnel); }

  private:
    port::Machine& chosen() { return m_cancel.requested() ? m_steadfast : m_heeding; }

    port::Machine& m_heeding;
    port::Machine& m_steadfast;
    const base::Cancel& m_cancel;
};

} // namespace eligate::linux_adapter
