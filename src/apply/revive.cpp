// SPDX-License-Identifier: Apache-2.0
#include "apply/revive.hpp"

#include "apply/hold.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace eligate::apply {
namespace {

/// The tunnel, and what hangs on the address that it brings.
plan::State tunnel_of(const Record& record) {
    plan::State tunnel;
    std::ranges::copy_if(record.owned, std::inserter(tunnel, tunnel.end()), [](const auto& entry) {
        return std::holds_alternative<plan::Tunnel>(entry.second) ||
               std::holds_alternative<plan::AssignedSource>(entry.second);
    });
    return tunnel;
}

/// A service that is not open yet is asked every ten minutes, not with every run of the timer: a provider may
/// shut out whoever fails to authenticate too often. The runs are 30 seconds apart, and 5 late.
bool is_due(std::int64_t seconds_since_commit) {
    constexpr std::int64_t interval = 600;
    constexpr std::int64_t run = 35;
    return seconds_since_commit % interval < run;
}

} // namespace

base::Result<Revival> revive(const Engine& engine) {
    ELIGATE_TRY_ASSIGN(const auto record, read_record(engine.store));
    ELIGATE_TRY_ASSIGN(const auto unfinished, Journal::read(engine.store));
    // One whose time is over is on its way back.
    if (!record || (unfinished && !waiting(unfinished, record, engine.deadline.uptime())))
        return Revival::not_wanted;
    const auto tunnel = tunnel_of(*record);
    const std::array<plan::State, 1> scope{tunnel};
    const auto look = [&] { return engine.machine.observe(scope); };
    const auto before = look();
    if (!before)
        return Revival::not_now;
    if (plan::diff(*before, tunnel).empty())
        return Revival::up;
    if (!record->proven && !is_due(engine.now() - record->committed_at))
        return Revival::not_now;

    const auto lock = engine.store.lock({.purpose = "restore"});
    // What another run had in hand before the lock was ours has another generation, or is up.
    const auto current = read_record(engine.store);
    const auto journal = Journal::read(engine.store);
    const auto now = look();
    const bool same = current && *current && (*current)->generation == record->generation;
    const bool quiet =
        same && journal && (!*journal || waiting(*journal, *current, engine.deadline.uptime()));
    if (!lock || !quiet || !now)
        return Revival::not_now;
    bool refused = false;
    for (const auto& action : plan::diff(*now, tunnel))
        refused = refused || !engine.machine.act(std::span(&action, 1));
    return refused ? Revival::refused : Revival::revived;
}

} // namespace eligate::apply
