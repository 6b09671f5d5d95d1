// SPDX-License-Identifier: Apache-2.0
/// The one seam between the transaction and a real machine.
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"

#include <span>

namespace eligate::port {

class Machine {
  public:
    Machine() = default;
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    Machine(Machine&&) = delete;
    Machine& operator=(Machine&&) = delete;
    virtual ~Machine() = default;

    /// Reads the machine's values of every resource in `scope`; one that is absent is absent in the answer.
    /// `scope` holds the values that may stand there (what is wanted, what was last committed): parts of a
    /// value that a machine does not tell (a secret, a proposal) are taken from the scope's value whose
    /// visible part is the same. Blocks for at most 20 seconds. Changes nothing.
    virtual base::Result<plan::State> observe(std::span<const plan::State> scope) = 0;

    /// Makes a batch (plan::next_batch) so, durably and in its order. Carrying out what is so already is a
    /// success, so an inverse can be replayed after a crash. One that fails does not keep those behind it
    /// from being tried; the error is the first one's, and its context names the action. Only bringing a
    /// tunnel up blocks for long: at most 12 seconds a gateway, 34 where charon was negotiating already.
    virtual base::Result<> act(std::span<const plan::Action> batch) = 0;

    /// The tunnel stands, and of what went into it for a minute nothing was answered. False where it is down.
    /// Blocks as long as charon takes to list its SAs, at most 5 seconds.
    virtual base::Result<bool> is_unanswered(const plan::Tunnel& tunnel) = 0;

    /// A committed tunnel that is down, and that nobody waits for: an attempt at each gateway, as by `act`
    /// and at most as long, but one whose name is not found is left at once. Where none took it and the
    /// preferred gateway was silent, charon is left trying that one by itself: it comes up as soon as there
    /// is a network.
    virtual base::Result<> bring_back(const plan::Tunnel& tunnel) = 0;
};

} // namespace eligate::port
