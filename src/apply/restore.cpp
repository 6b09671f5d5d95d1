// SPDX-License-Identifier: Apache-2.0
#include "apply/restore.hpp"

#include "apply/hold.hpp"
#include "apply/way_back.hpp"
#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <variant>

namespace eligate::apply {
namespace {

using base::Result;
namespace code = catalog::code;

bool stands_in_kernel(const plan::Resource& resource) {
    return std::holds_alternative<plan::FirewallTable>(resource) ||
           std::holds_alternative<plan::Sysctl>(resource) || std::holds_alternative<plan::Link>(resource) ||
           std::holds_alternative<plan::Route>(resource) || std::holds_alternative<plan::Rule>(resource);
}

/// What is to stand at any time, and needs neither charon nor a network for it.
bool is_kept_up(const plan::Resource& resource) {
    return stands_in_kernel(resource) || std::holds_alternative<plan::Forwarder>(resource);
}

/// What is owed without a record: a first apply was cut off, its file cannot be taken away, and strongSwan
/// may start the connection in it. What keeps packets from leaving in the clear stands; what lets them pass
/// does not.
plan::State guard_of(const Unfinished& unfinished) {
    plan::State guard;
    for (std::size_t i = 0; i < unfinished.begun; ++i) {
        const auto& after = unfinished.actions[i].after;
        if (after && stands_in_kernel(*after) && !std::holds_alternative<plan::Sysctl>(*after))
            plan::put(guard, *after);
    }
    return guard;
}

/// The kinds in the order of dependence, each by itself: what cannot be read (no nft, an interface that is
/// not there yet) must not keep the others from standing.
std::vector<plan::State> by_kind(const plan::State& target) {
    std::vector<plan::State> kinds(std::variant_size_v<plan::Resource>);
    for (const auto& [key, resource] : target)
        kinds[resource.index()].emplace(key, resource);
    std::erase_if(kinds, [](const plan::State& kind) { return kind.empty(); });
    return kinds;
}

class Round {
  public:
    Round(port::Machine& machine, const CanonicalFirewall& canonical)
        : m_machine(machine)
        , m_canonical(canonical) {}

    /// What differs from `target`; with `act` each difference is made right as soon as it is seen.
    std::vector<plan::Action> go(const std::vector<plan::State>& target, bool act) {
        std::vector<plan::Action> differing;
        for (const auto& kind : target) {
            const std::array<plan::State, 1> scope{kind};
            if (auto observed = m_machine.observe(scope))
                compare(*observed, kind, act, differing);
            else
                one_by_one(kind, act, differing);
        }
        return differing;
    }
    const std::optional<base::Error>& failure() const { return m_failure; }

  private:
    void one_by_one(const plan::State& kind, bool act, std::vector<plan::Action>& differing) {
        for (const auto& entry : kind) {
            const std::array<plan::State, 1> scope{plan::State{entry}};
            auto observed = m_machine.observe(scope);
            if (observed) {
                compare(*observed, scope[0], act, differing);
            } else if (!std::holds_alternative<plan::Sysctl>(entry.second)) {
                // Unread means unproven: what is to stand is made so.
                compare({}, scope[0], act, differing);
                note(std::move(observed).error());
            }
            // A kernel setting that cannot be read is that of an interface which is not there: nothing to
            // guard.
        }
    }

    void compare(const plan::State& observed, const plan::State& kind, bool act,
                 std::vector<plan::Action>& differing) {
        auto actions = plan::diff(observed, kind);
        std::erase_if(actions, [&](const plan::Action& action) { return same_in_other_words(action); });
        if (act)
            carry_out(actions);
        std::ranges::move(actions, std::back_inserter(differing));
    }

    void carry_out(std::span<const plan::Action> rest) {
        while (!rest.empty()) {
            const auto batch = plan::next_batch(rest);
            rest = rest.subspan(batch.size());
            if (auto acted = m_machine.act(batch); !acted)
                note(std::move(acted).error());
        }
    }

    bool same_in_other_words(const plan::Action& action) const {
        const auto* const wanted = std::get_if<plan::FirewallTable>(&*action.after);
        if (wanted == nullptr || !action.before)
            return false;
        const auto words = m_canonical(wanted->listing);
        return words && *words == std::get<plan::FirewallTable>(*action.before).listing;
    }

    void note(base::Error error) {
        if (!m_failure)
            m_failure = std::move(error);
    }

    port::Machine& m_machine;
    const CanonicalFirewall& m_canonical;
    std::optional<base::Error> m_failure;
};

struct Memory {
    std::optional<Record> record;
    /// A journal that cannot be read is one that no run has closed, too.
    bool unfinished = false;
    bool held = false;
    /// Its time is over, and its own run long at an end.
    bool overdue = false;
    std::optional<Unfinished> journal;
    std::vector<plan::State> target;
};

Result<Memory> remember(const Engine& engine) {
    auto& store = engine.store;
    Memory memory;
    ELIGATE_TRY_ASSIGN(memory.record, read_record(store));
    auto journal = Journal::read(store);
    memory.unfinished = !journal || journal->has_value();
    if (journal)
        memory.journal = std::move(*journal);
    if (waiting(memory.journal, memory.record, engine.deadline.uptime())) {
        memory.held = true;
        memory.unfinished = false;
        memory.journal.reset();
    } else if (memory.journal && is_held(*memory.journal, memory.record)) {
        memory.overdue = true;
        // What comes back is to stand. Where that cannot be read, what is in force stands.
        if (auto earlier = read_earlier_record(store))
            memory.record = std::move(*earlier);
    }
    plan::State target;
    if (memory.record)
        std::ranges::copy_if(memory.record->owned, std::inserter(target, target.end()),
                             [](const auto& entry) { return is_kept_up(entry.second); });
    memory.target = by_kind(target);
    return memory;
}

/// Undoes what a run that was cut off had begun. Where that is not possible, what it had begun of the guard
/// stands.
Result<bool> put_back(const Engine& engine, Memory& memory) {
    if (!memory.journal)
        return false;
    ELIGATE_TRY_ASSIGN(const auto left, put_back_unfinished(engine, *memory.journal));
    memory.unfinished = !left.empty();
    const bool file_is_left = std::ranges::any_of(left, [](const plan::Action& action) {
        return std::holds_alternative<plan::File>(action.subject());
    });
    if (!memory.record && file_is_left)
        memory.target = by_kind(guard_of(*memory.journal));
    return left.empty();
}

Restoration told(const Memory& memory, Restoration::End end) {
    Restoration restoration{.end = end, .unfinished = memory.unfinished, .held = memory.held};
    if (memory.record) {
        restoration.generation = memory.record->generation;
        restoration.profile_id = memory.record->profile_id;
    }
    return restoration;
}

base::Error not_restored(const std::vector<plan::Action>& left, std::optional<base::Error> cause) {
    // What the terminals miss is not what the guard misses.
    if (cause && std::ranges::all_of(left, [](const plan::Action& action) {
            return std::holds_alternative<plan::Forwarder>(action.subject());
        }))
        return *cause;
    base::Error error{.code = code::not_restored,
                      .what = base::msg(N_("firewall or routes could not be put back")),
                      .evidence = cause ? cause->evidence : base::Evidence{},
                      .context = cause ? cause->context : std::vector<base::Message>{}};
    for (const auto& action : left)
        error.evidence.emplace_back("left", base::english(plan::describe(action, plan::Tense::plan)));
    return error;
}

/// After an upgrade nft may list what it was given in other words than the recorded ones, and a sandbox may
/// forbid the namespace in which that is found out. What stands right after our own load is what we loaded:
/// its words become the recorded ones, or the timer would load it again and again.
void learn_words(const Engine& engine, const std::vector<plan::Action>& done, Memory& memory) {
    const auto loaded = std::ranges::find_if(done, [](const plan::Action& action) {
        return std::holds_alternative<plan::FirewallTable>(action.subject());
    });
    if (loaded == done.end() || !memory.record)
        return;
    const std::array<plan::State, 1> scope{plan::State{{loaded->key(), loaded->subject()}}};
    const auto stands = engine.machine.observe(scope);
    if (!stands || !stands->contains(loaded->key()) || *stands == scope[0])
        return;
    const auto& listed = stands->at(loaded->key());
    plan::put(memory.record->owned, listed);
    for (auto& kind : memory.target)
        if (kind.contains(loaded->key()))
            plan::put(kind, listed);
    // Not written: the next run learns it anew.
    static_cast<void>(write_record(engine.store, *memory.record));
}

Restoration make_so(const Engine& engine, const CanonicalFirewall& canonical, Memory& memory) {
    auto restoration = told(memory, Restoration::End::restored);
    Round first(engine.machine, canonical);
    restoration.actions = first.go(memory.target, true);
    auto failure = first.failure();
    // At boot the machine's network waits for this, and each look costs an nft: one, where it finds nothing.
    restoration.leftover = Round(engine.machine, canonical).go(memory.target, false);
    if (!restoration.leftover.empty()) {
        if (!failure)
            learn_words(engine, restoration.actions, memory);
        // One step may change what another one has set (see finish() in way_back.hpp), and a setting of a
        // link that was only just made can be written only now.
        Round second(engine.machine, canonical);
        std::ranges::move(second.go(memory.target, true), std::back_inserter(restoration.actions));
        Round last(engine.machine, canonical);
        restoration.leftover = last.go(memory.target, false);
        for (const auto* round : {&last, &second})
            if (round->failure())
                failure = round->failure();
    }
    if (!restoration.leftover.empty()) {
        restoration.end = Restoration::End::incomplete;
        restoration.error = not_restored(restoration.leftover, std::move(failure));
    } else if (restoration.actions.empty()) {
        restoration.end = Restoration::End::standing;
    }
    return restoration;
}

} // namespace

Result<Restoration> restore(const Engine& engine, const CanonicalFirewall& canonical,
                            std::string_view overdue) {
    ELIGATE_TRY_ASSIGN(auto memory, remember(engine));
    const bool untidy = engine.store.has_half_written();
    if (!memory.record && !memory.unfinished && !untidy)
        return Restoration{};
    if (!memory.unfinished && !untidy && Round(engine.machine, canonical).go(memory.target, false).empty())
        return told(memory, Restoration::End::standing);

    const bool insist = memory.journal && !overdue.empty() && memory.journal->id == overdue;
    // Whoever has it where a hold is over is not the run that made it, but one that deals with it.
    constexpr std::chrono::seconds dealing(120);
    const auto patience = insist && memory.overdue ? dealing : std::chrono::seconds(0);
    auto lock = engine.store.lock({.purpose = "restore", .patience = patience, .insist = insist});
    if (!lock && lock.error().code == code::locked) {
        // Whoever holds it has the firewall in hand, and leaves it as it should be.
        auto restoration = told(memory, Restoration::End::busy);
        // The journal is that of a run that is at work.
        restoration.unfinished = false;
        restoration.error = std::move(lock).error();
        return restoration;
    }
    // Without a lock for another reason (a full or read-only /run) nobody else can change anything either:
    // a missing firewall is worse.
    ELIGATE_TRY_ASSIGN(memory, remember(engine));
    if (lock)
        engine.store.drop_half_written();
    if (!memory.record && !memory.unfinished)
        return Restoration{};
    const auto was_put_back = put_back(engine, memory);
    auto restoration = make_so(engine, canonical, memory);
    if (!was_put_back) {
        restoration.end = Restoration::End::incomplete;
        restoration.error = was_put_back.error();
    } else if (*was_put_back && restoration.end == Restoration::End::standing)
        restoration.end = Restoration::End::put_back;
    return restoration;
}

} // namespace eligate::apply
