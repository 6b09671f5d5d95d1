// SPDX-License-Identifier: Apache-2.0
/// Putting back, and proving that it was put back: a failed apply and the recovery of an earlier run.
#pragma once

#include "apply/transaction.hpp"

namespace eligate::apply {

/// Undoes `done` from its end, going on where a step fails, then reads the machine and compares. What is left
/// to do to be in `before` again; empty means that everything is back.
std::vector<plan::Action> way_back(const Engine& engine, const std::vector<plan::Action>& done,
                                   const plan::State& before);

/// What is left to get from what the machine now is to `target`; `known` are values it may still hold. All of
/// `target` if the machine cannot be read.
std::vector<plan::Action> remaining(const Engine& engine, const plan::State& known,
                                    const plan::State& target);

/// Puts back what an unfinished run had begun, and closes its journal. Error not_put_back, with what is left.
base::Result<> recover(const Engine& engine, const Unfinished& unfinished);

} // namespace eligate::apply
