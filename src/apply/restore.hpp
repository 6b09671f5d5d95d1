// SPDX-License-Identifier: Apache-2.0
/// What boot and a timer run: a change that was cut off is put back, and the recorded firewall, kernel
/// settings, routes and rules stand again, and the terminals' forwarder runs, whatever took them away (a
/// reboot, `nft flush ruleset`, a network manager). Needs neither charon nor a network nor a template, and
/// takes no decision: what was committed is made so.
#pragma once

#include "apply/transaction.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::apply {

struct Restoration {
    enum class End {
        /// Nothing was ever committed here.
        no_record,
        /// All stands; nothing was written, loaded or locked.
        standing,
        /// Something differs, and another eligate is at work on it: nothing was touched.
        busy,
        restored,
        /// A change that was cut off was put back, and nothing else was missing.
        put_back,
        /// `leftover` does not stand, for the reason in `error`.
        incomplete,
    };
    End end = End::no_record;
    std::uint32_t generation = 0;
    std::string profile_id = {};
    /// A change was cut off, and not all of it could be put back yet (charon does not run this early in a
    /// boot): the next run goes on.
    bool unfinished = false;
    /// The last change is in force and waits for its confirmation.
    bool held = false;
    /// What was done.
    std::vector<plan::Action> actions = {};
    std::vector<plan::Action> leftover = {};
    /// incomplete: the first failure. busy: who holds the lock.
    std::optional<base::Error> error = std::nullopt;
};

/// How nft would list `text`, without loading it here.
using CanonicalFirewall = std::function<base::Result<std::string>(const std::string& text)>;

/// Blocks as long as nft takes, at most 20 seconds a call; in a machine that is as it should be a single
/// call. After a change that was cut off also as long as charon takes to bring the old tunnel up. Errors:
/// record_damaged, and the store's. Heeds no cancel: half a firewall is none.
///
/// `overdue`: the id of a change whose alarm has rung. A process that is still at work on it (or hangs in it)
/// is ended: port::LockWish::insist. A change that is held, and whose time is not over, is left alone.
///
/// `canonical` is asked only where a firewall stands that is listed differently: another version of nft
/// may list the same table in other words.
base::Result<Restoration> restore(const Engine& engine, const CanonicalFirewall& canonical,
                                  std::string_view overdue = {});

} // namespace eligate::apply
