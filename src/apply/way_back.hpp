// SPDX-License-Identifier: Apache-2.0
/// Putting back, and proving that it was put back: a failed apply and the recovery of an earlier run.
#pragma once

#include "apply/transaction.hpp"

namespace eligate::apply {

/// Undoes `done`, going on where a step fails, then finishes. What is left to do to be in `before` again;
/// empty means that everything is back.
std::vector<plan::Action> way_back(const Engine& engine, const std::vector<plan::Action>& done,
                                   const plan::State& before);

/// Reads the machine, does once more what still differs from `target`, and reads again: one step may change
/// what another one has set (the kernel sets accept_redirects anew when forwarding is switched). What is left
/// then; all of `target` if the machine cannot be read. `known` are values that it may still hold.
std::vector<plan::Action> finish(const Engine& engine, const plan::State& known, const plan::State& target);

/// Puts back what an unfinished run had begun, and closes its journal. Error not_put_back, with what is left.
base::Result<> recover(const Engine& engine, const Unfinished& unfinished);

} // namespace eligate::apply
