// SPDX-License-Identifier: Apache-2.0
/// A change that is proven and committed, but counts only once a person confirms it from a session that still
/// works. Until then its journal stands, so that everything can go back as if it had failed.
///
/// The record says that it is held, until when, and of which journal; `earlier.json` beside it is the record
/// that comes back. `confirm` writes the record without that word; what goes back is put_back_unfinished().
#pragma once

#include "apply/journal.hpp"
#include "apply/record.hpp"
#include "apply/transaction.hpp"
#include "net/address.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace eligate::apply {

/// Whether this journal is that of the record, committed and held.
bool is_held(const Unfinished& unfinished, const std::optional<Record>& record);

/// The held change whose time is not over; nothing if none is.
std::optional<Waiting> waiting(const std::optional<Unfinished>& unfinished,
                               const std::optional<Record>& record, const port::Uptime& now);

/// Why no other change can begin now.
base::Error still_waiting(const Waiting& waiting);

/// Keeps the held change of that id for good. Errors: nothing_held, other_change_held; too late is an
/// Outcome: everything is put back.
base::Result<Outcome> confirm(const Engine& engine, std::string_view change);

/// Puts the held change of that id back before its time is over; an empty id: whichever there is. Errors:
/// nothing_held, other_change_held.
base::Result<Outcome> give_up(const Engine& engine, std::string_view change = {});

/// Whether packets to `peer` take another way after these: a route of ours for it comes or goes.
bool changes_way_to(const net::Address& peer, const std::vector<plan::Action>& actions);

} // namespace eligate::apply
