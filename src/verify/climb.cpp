// SPDX-License-Identifier: Apache-2.0
#include "verify/ladder.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace eligate::verify {
namespace {

/// Checks mostly wait for answers, so more threads than cores are right; more than this gains nothing, since
/// the ladder is not wider.
constexpr std::size_t most_at_once = 8;

using std::chrono::steady_clock;

bool rung_needs(const Rung& rung, const std::string& id) {
    return std::ranges::find(rung.needs, id) != rung.needs.end();
}

bool rung_waits_for(const Rung& rung, const std::string& id) {
    return rung_needs(rung, id) || std::ranges::find(rung.after, id) != rung.after.end();
}

class Climb {
  public:
    Climb(const std::vector<Rung>& ladder, Observer& observer, const base::Cancel& cancel)
        : m_ladder(ladder)
        , m_observer(observer)
        , m_cancel(cancel)
        , m_checks(ladder.size())
        , m_states(ladder.size(), State::waiting) {}

    Report run(std::span<const Check> known) {
        for (std::size_t i = 0; i < m_ladder.size(); ++i) {
            const auto found = std::ranges::find(known, m_ladder[i].id, &Check::id);
            if (found != known.end())
                take(i, *found);
        }
        m_done.reserve(m_ladder.size());
        std::vector<std::jthread> threads;
        threads.reserve(m_ladder.size());
        while (!all_done()) {
            settle_without_running();
            start_what_can(threads);
            collect();
        }
        return Report{.checks = std::move(m_checks)};
    }

  private:
    enum class State { waiting, running, done };

    struct Done {
        std::size_t index;
        Finding finding;
        std::chrono::milliseconds millis;
    };

    bool all_done() const {
        return std::ranges::all_of(m_states, [](State state) { return state == State::done; });
    }

    std::size_t running() const {
        return static_cast<std::size_t>(std::ranges::count(m_states, State::running));
    }

    const Rung* obstacle_of(const Rung& rung) const {
        for (std::size_t i = 0; i < m_ladder.size(); ++i) {
            const bool blocks = m_states[i] == State::done &&
                                (m_checks[i].status == Status::fail || m_checks[i].status == Status::skip);
            if (blocks && rung_needs(rung, m_ladder[i].id))
                return &m_ladder[i];
        }
        return nullptr;
    }

    bool ready(const Rung& rung) const {
        for (std::size_t i = 0; i < m_ladder.size(); ++i)
            if (m_states[i] != State::done && rung_waits_for(rung, m_ladder[i].id))
                return false;
        return true;
    }

    void take(std::size_t index, const Check& known) {
        m_states[index] = State::done;
        m_checks[index] = known;
        m_observer.finished(known);
    }

    void finish(std::size_t index, Finding finding, std::chrono::milliseconds millis) {
        const Rung& rung = m_ladder[index];
        // What failed because it was told to stop says nothing about the tunnel.
        if (finding.status == Status::fail && m_cancel.requested())
            finding = interrupted();
        m_states[index] = State::done;
        m_checks[index] = Check{.id = rung.id,
                                .status = finding.status,
                                .party = finding.code ? catalog::row_of(*finding.code).party : rung.party,
                                .title = rung.title,
                                .what = std::move(finding.what),
                                .evidence = std::move(finding.evidence),
                                .millis = millis,
                                .code = finding.code};
        m_observer.finished(m_checks[index]);
    }

    static Finding interrupted() {
        return Finding{.status = Status::unknown,
                       .code = catalog::code::interrupted,
                       .what = base::msg(N_("not finished, because the run was interrupted"))};
    }

    /// What needs something that failed is skipped, and so on upwards: needs stand lower in the list, so one
    /// pass in the list's order is enough.
    void settle_without_running() {
        for (std::size_t i = 0; i < m_ladder.size(); ++i) {
            if (m_states[i] != State::waiting)
                continue;
            if (m_cancel.requested()) {
                finish(i, interrupted(), {});
            } else if (const Rung* const obstacle = obstacle_of(m_ladder[i])) {
                finish(i,
                       Finding{.status = Status::skip,
                               .what = base::msg(N_("not tried, because this did not pass: {rung}"),
                                                 {{"rung", obstacle->title}}),
                               .evidence = {{"blocked_by", obstacle->id}}},
                       {});
            }
        }
    }

    void start_what_can(std::vector<std::jthread>& threads) {
        for (std::size_t i = 0; i < m_ladder.size() && running() < most_at_once; ++i) {
            if (m_states[i] != State::waiting || !ready(m_ladder[i]))
                continue;
            if (!start(threads, i))
                return;
        }
    }

    /// False where no thread can be had as long as those that run do not end. Throws if none runs.
    bool start(std::vector<std::jthread>& threads, std::size_t index) {
        try {
            threads.emplace_back([this, index] { work(index); });
        } catch (const std::system_error&) {
            if (running() == 0)
                throw;
            return false;
        }
        m_states[index] = State::running;
        m_observer.started(m_ladder[index].id, m_ladder[index].title);
        return true;
    }

    /// An exception that leaves a thread would end the process, in the middle of a change.
    static Finding find(const Rung& rung, const port::Until& until) {
        try {
            return rung.run(until);
        } catch (const std::bad_alloc&) {
            return exhausted();
        } catch (const std::system_error&) {
            return exhausted();
        }
    }

    static Finding exhausted() {
        return Finding{.status = Status::fail,
                       .code = catalog::code::out_of_memory,
                       .what = base::msg(N_("the appliance ran out of memory"))};
    }

    void work(std::size_t index) {
        const Rung& rung = m_ladder[index];
        const auto begin = steady_clock::now();
        auto finding = find(rung, port::Until{.deadline = begin + rung.deadline, .cancel = &m_cancel});
        const auto millis =
            std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
        const std::lock_guard lock(m_mutex);
        m_done.push_back({.index = index, .finding = std::move(finding), .millis = millis});
        m_news.notify_one();
    }

    /// Waits for at least one running check, if there is any.
    void collect() {
        if (running() == 0)
            return;
        std::vector<Done> done;
        // No thread is to want memory only to say that it is done.
        done.reserve(m_ladder.size());
        {
            std::unique_lock lock(m_mutex);
            m_news.wait(lock, [this] { return !m_done.empty(); });
            done.swap(m_done);
        }
        std::ranges::sort(done, {}, &Done::index);
        for (auto& each : done)
            finish(each.index, std::move(each.finding), each.millis);
    }

    const std::vector<Rung>& m_ladder;
    Observer& m_observer;
    const base::Cancel& m_cancel;
    std::vector<Check> m_checks;
    std::vector<State> m_states;
    std::mutex m_mutex;
    std::condition_variable m_news;
    std::vector<Done> m_done;
};

} // namespace

Report climb(const std::vector<Rung>& ladder, Observer& observer, const base::Cancel& cancel,
             std::span<const Check> known) {
    return Climb(ladder, observer, cancel).run(known);
}

} // namespace eligate::verify
