// SPDX-License-Identifier: Apache-2.0
#include "apply/revive.hpp"

#include "apply/hold.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

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

/// Like a refused one, one that is not answered is begun anew every ten minutes at most; a clock that was set
/// back does not put it off. Soon after a boot it is likelier that the gateway holds an SA of before than
/// that its network is at rest, and whoever switched the machine on waits beside it.
bool may_be_renewed(const Record& record, std::int64_t now, std::chrono::seconds since_boot) {
    constexpr std::int64_t interval = 600;
    constexpr std::chrono::seconds soon(600);
    const auto since = now - record.renewed_at;
    return record.proven && (since < 0 || since >= interval || since_boot < soon);
}

const plan::Tunnel& only_tunnel(const plan::State& state) {
    const auto found = std::ranges::find_if(
        state, [](const auto& entry) { return std::holds_alternative<plan::Tunnel>(entry.second); });
    return std::get<plan::Tunnel>(found->second);
}

class Revive {
  public:
    Revive(const Engine& engine, Record record)
        : m_engine(engine)
        , m_record(std::move(record))
        , m_tunnel(tunnel_of(m_record)) {}

    base::Result<plan::State> look() const { return m_engine.machine.observe(std::span(&m_tunnel, 1)); }
    bool stands(const plan::State& observed) const { return plan::diff(observed, m_tunnel).empty(); }

    bool is_unanswered() const {
        const auto since_boot = m_engine.deadline.uptime().since;
        if (!has_tunnel() || !may_be_renewed(m_record, m_engine.now(), since_boot))
            return false;
        const auto unanswered = m_engine.machine.is_unanswered(only_tunnel(m_tunnel));
        return unanswered && *unanswered;
    }

    Revival bring_back(const plan::State& observed) const {
        bool refused = false;
        for (const auto& action : plan::diff(observed, m_tunnel)) {
            const auto* const tunnel = std::get_if<plan::Tunnel>(&action.subject());
            refused = refused || !(tunnel != nullptr ? m_engine.machine.bring_back(*tunnel)
                                                     : m_engine.machine.act(std::span(&action, 1)));
        }
        return refused ? Revival::refused : Revival::revived;
    }

    /// `record` is the one that is in force under the lock.
    Revival renew(Record record) const {
        // Remembered first: what cannot be remembered would be done again every half a minute.
        record.renewed_at = m_engine.now();
        if (!write_record(m_engine.store, record))
            return Revival::not_now;
        const plan::Action end{.before = only_tunnel(m_tunnel), .after = std::nullopt};
        if (!m_engine.machine.act(std::span(&end, 1)))
            return Revival::refused;
        const auto observed = look();
        return observed && bring_back(*observed) == Revival::revived ? Revival::renewed : Revival::refused;
    }

  private:
    bool has_tunnel() const {
        return std::ranges::any_of(
            m_tunnel, [](const auto& entry) { return std::holds_alternative<plan::Tunnel>(entry.second); });
    }

    const Engine& m_engine;
    Record m_record;
    plan::State m_tunnel;
};

} // namespace

base::Result<Revival> revive(const Engine& engine) {
    ELIGATE_TRY_ASSIGN(auto record, read_record(engine.store));
    ELIGATE_TRY_ASSIGN(const auto unfinished, Journal::read(engine.store));
    // One whose time is over is on its way back.
    if (!record || (unfinished && !waiting(unfinished, record, engine.deadline.uptime())))
        return Revival::not_wanted;
    const auto generation = record->generation;
    const bool due = record->proven || is_due(engine.now() - record->committed_at);
    const Revive tunnel(engine, std::move(*record));
    const auto before = tunnel.look();
    if (!before)
        return Revival::not_now;
    const bool stood = tunnel.stands(*before);
    if (stood && (unfinished || !tunnel.is_unanswered()))
        return Revival::up;
    if (!due)
        return Revival::not_now;

    const auto lock = engine.store.lock({.purpose = "restore"});
    // What another run had in hand before the lock was ours has another generation, or is up.
    auto current = read_record(engine.store);
    const auto journal = Journal::read(engine.store);
    const auto now = tunnel.look();
    const bool same = current && *current && (*current)->generation == generation;
    const bool quiet =
        same && journal && (!*journal || waiting(*journal, *current, engine.deadline.uptime()));
    if (!lock || !quiet || !now)
        return Revival::not_now;
    if (!stood)
        return tunnel.bring_back(*now);
    return tunnel.is_unanswered() ? tunnel.renew(std::move(**current)) : Revival::up;
}

} // namespace eligate::apply
