// SPDX-License-Identifier: Apache-2.0
/// Putting back, and proving that it was put back: a failed apply or removal, and the recovery of a run that
/// was cut off. All of it may be cut off itself at any instant and be done again from the beginning.
#pragma once

#include "apply/transaction.hpp"

namespace eligate::apply {

/// Undoes `done`, going on where a step fails, then finishes. What is left to do to be in `before` again;
/// empty means that everything is back. What keeps packets from leaving in the clear is not taken away as
/// long as something of what it guards could not be.
std::vector<plan::Action> way_back(const Engine& engine, const std::vector<plan::Action>& done,
                                   const plan::State& before);

/// Reads the machine, does once more what still differs from `target`, and reads again: one step may change
/// what another one has set (the kernel sets accept_redirects anew when forwarding is switched). What is left
/// then. What cannot be read counts as it is in `known`, the values that it may still hold; a charon that
/// does not run holds nothing, and one that is stuck is waited for once.
std::vector<plan::Action> finish(const Engine& engine, const plan::State& known, const plan::State& target);

/// Puts back what an unfinished run had begun, or a change that was held (its time is not asked for here),
/// and closes its journal; a run that had committed has only its journal closed. What is left, with the
/// journal: where charon does not answer (at boot it runs later than this) the rest is for the next time.
/// That the old tunnel is not up again is not left: bringing up what is loaded is for apply/revive.hpp.
/// Errors: the store's.
base::Result<std::vector<plan::Action>> put_back_unfinished(const Engine& engine,
                                                            const Unfinished& unfinished);

/// The same for a run that goes on afterwards. Error not_put_back, with what is left.
base::Result<> recover(const Engine& engine, const Unfinished& unfinished);

} // namespace eligate::apply
