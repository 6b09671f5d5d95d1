// SPDX-License-Identifier: Apache-2.0
/// What boot and a timer run: the recorded firewall, kernel settings, routes and rules stand again, whatever
/// took them away (a reboot, `nft flush ruleset`, a network manager). Needs neither charon nor a network nor
/// a template, and takes no decision: what was committed is made so.
#pragma once

#include "apply/transaction.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
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
        /// `leftover` does not stand, for the reason in `error`.
        incomplete,
    };
    End end = End::no_record;
    std::uint32_t generation = 0;
    std::string profile_id = {};
    /// An apply was cut off: only the next apply can finish it, or put it back.
    bool unfinished = false;
    /// What was done.
    std::vector<plan::Action> actions = {};
    std::vector<plan::Action> leftover = {};
    /// incomplete: the first failure. busy: who holds the lock.
    std::optional<base::Error> error = std::nullopt;
};

/// How nft would list `text`, without loading it here.
using CanonicalFirewall = std::function<base::Result<std::string>(const std::string& text)>;

/// Blocks as long as nft takes, at most 5 seconds a call; in a machine that is as it should be a single call.
/// Errors: record_damaged, and the store's. Heeds no cancel: half a firewall is none.
///
/// `canonical` is asked only where a firewall stands that is listed differently: another version of nft
/// may list the same table in other words.
base::Result<Restoration> restore(const Engine& engine, const CanonicalFirewall& canonical);

} // namespace eligate::apply
