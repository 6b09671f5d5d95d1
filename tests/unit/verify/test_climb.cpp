// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "verify/ladder.hpp"

#include <poll.h>

#include <atomic>
#include <barrier>
#include <thread>

namespace {

using namespace eligate;
using verify::Finding;
using verify::Rung;
using verify::Status;

class Recorder final : public verify::Observer {
  public:
    void started(const std::string& id, const base::Message& /*title*/) override {
        events.push_back("+" + id);
        same_thread &= std::this_thread::get_id() == m_thread;
    }
    void finished(const verify::Check& check) override {
        events.push_back("-" + check.id);
        same_thread &= std::this_thread::get_id() == m_thread;
    }
    std::vector<std::string> events;
    bool same_thread = true;

  private:
    std::thread::id m_thread = std::this_thread::get_id();
};

Rung rung(std::string id, std::vector<std::string> needs, std::function<Finding(const port::Until&)> run) {
    return {.id = std::move(id),
            .title = base::msg("title"),
            .party = catalog::Party::line,
            .needs = std::move(needs),
            .deadline = std::chrono::seconds(5),
            .run = std::move(run)};
}

Rung always(std::string id, std::vector<std::string> needs, Status status) {
    return rung(std::move(id), std::move(needs), [status](const port::Until&) {
        return Finding{.status = status,
                       .code = status == Status::fail ? std::optional(catalog::code::udp500_blocked)
                                                      : std::nullopt};
    });
}

std::vector<Status> statuses(const verify::Report& report) {
    std::vector<Status> out;
    out.reserve(report.checks.size());
    for (const auto& check : report.checks)
        out.push_back(check.status);
    return out;
}

} // namespace

TEST_CASE("climb: what depends on a failure is skipped, all the way up, and says why") {
    const std::vector ladder{always("a", {}, Status::pass), always("b", {"a"}, Status::fail),
                             always("c", {"b"}, Status::pass), always("d", {"c"}, Status::pass),
                             always("e", {"a"}, Status::pass)};
    Recorder recorder;
    const base::Cancel cancel;
    const auto report = verify::climb(ladder, recorder, cancel);
    CHECK(statuses(report) ==
          std::vector{Status::pass, Status::fail, Status::skip, Status::skip, Status::pass});
    CHECK(report.checks[2].evidence == base::Evidence{{"blocked_by", "b"}});
    CHECK_FALSE(report.passed());
    REQUIRE(report.first_failure() != nullptr);
    CHECK(report.first_failure()->id == "b");
    // The failure's code knows the party; a pass has the rung's.
    CHECK(report.checks[1].party == catalog::row_of(catalog::code::udp500_blocked).party);
    CHECK(report.checks[0].party == catalog::Party::line);
}

TEST_CASE("climb: what only waits for a rung is tried however that ends, and not before") {
    std::vector ladder{always("a", {}, Status::fail), always("b", {"a"}, Status::pass),
                       always("c", {}, Status::pass), always("last", {}, Status::pass)};
    ladder.back().after = {"a", "b", "c"};
    Recorder recorder;
    const base::Cancel cancel;
    const auto report = verify::climb(ladder, recorder, cancel);
    CHECK(statuses(report) == std::vector{Status::fail, Status::skip, Status::pass, Status::pass});
    CHECK(recorder.events.back() == "-last");
    CHECK(*std::prev(recorder.events.end(), 2) == "+last");
}

TEST_CASE("climb: a warning and an unknown do not hold up what is above them") {
    const std::vector ladder{always("a", {}, Status::warn), always("b", {"a"}, Status::unknown),
                             always("c", {"b"}, Status::pass)};
    Recorder recorder;
    const base::Cancel cancel;
    const auto report = verify::climb(ladder, recorder, cancel);
    CHECK(statuses(report) == std::vector{Status::warn, Status::unknown, Status::pass});
    CHECK(report.passed());
}

TEST_CASE("climb: independent rungs run at the same time, and the report keeps the ladder's order") {
    // Passes only if all three are in there at once.
    std::barrier meeting(3);
    const auto meet = [&meeting](const port::Until&) {
        meeting.arrive_and_wait();
        return Finding{.status = Status::pass};
    };
    const std::vector ladder{rung("a", {}, meet), rung("b", {}, meet), rung("c", {}, meet)};
    Recorder recorder;
    const base::Cancel cancel;
    const auto report = verify::climb(ladder, recorder, cancel);
    CHECK(report.checks[0].id == "a");
    CHECK(report.checks[2].id == "c");
    CHECK(report.passed());
    CHECK(recorder.same_thread);
    CHECK(recorder.events.size() == 6);
}

TEST_CASE("climb: never more than eight rungs at once") {
    std::atomic<int> now = 0;
    std::atomic<int> most = 0;
    const auto run = [&](const port::Until&) {
        const int mine = ++now;
        int seen = most;
        while (seen < mine && !most.compare_exchange_weak(seen, mine)) {
        }
        std::this_thread::yield();
        --now;
        return Finding{.status = Status::pass};
    };
    std::vector<Rung> ladder;
    ladder.reserve(60);
    for (int i = 0; i < 60; ++i)
        ladder.push_back(rung(std::to_string(i), {}, run));
    Recorder recorder;
    const base::Cancel cancel;
    CHECK(verify::climb(ladder, recorder, cancel).passed());
    CHECK(most <= 8);
}

TEST_CASE("climb: a cancel ends it, and an interrupted failure is not called one") {
    const base::Cancel cancel;
    const std::vector ladder{rung("a", {},
                                  [&cancel](const port::Until& until) {
                                      cancel.request();
                                      pollfd fd{.fd = until.cancel->fd(), .events = POLLIN, .revents = 0};
                                      ::poll(&fd, 1, 5000);
                                      return Finding{.status = Status::fail,
                                                     .code = catalog::code::udp500_blocked};
                                  }),
                             always("b", {"a"}, Status::pass)};
    Recorder recorder;
    const auto report = verify::climb(ladder, recorder, cancel);
    for (const auto& check : report.checks) {
        CHECK(check.status == Status::unknown);
        CHECK(check.code == catalog::code::interrupted);
    }
}

TEST_CASE("climb: each rung gets its own deadline") {
    const auto before = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point deadline;
    const std::vector ladder{rung("a", {}, [&](const port::Until& until) {
        deadline = until.deadline;
        return Finding{.status = Status::pass};
    })};
    Recorder recorder;
    const base::Cancel cancel;
    CHECK(verify::climb(ladder, recorder, cancel).checks.size() == 1);
    CHECK(deadline >= before + std::chrono::seconds(5));
    CHECK(deadline <= std::chrono::steady_clock::now() + std::chrono::seconds(5));
}

TEST_CASE("climb: an empty ladder is an empty report") {
    Recorder recorder;
    const base::Cancel cancel;
    CHECK(verify::climb({}, recorder, cancel).checks.empty());
}

TEST_CASE("climb: what is known already is told and not asked again, and still holds up what needs it") {
    const verify::Check failed{.id = "a",
                               .status = Status::fail,
                               .party = catalog::Party::line,
                               .title = base::msg("a"),
                               .what = {},
                               .evidence = {{"seen", "before"}},
                               .millis = std::chrono::milliseconds(7),
                               .code = catalog::code::udp500_blocked};
    bool asked = false;
    const std::vector ladder{rung("a", {},
                                  [&asked](const port::Until&) {
                                      asked = true;
                                      return Finding{.status = Status::pass};
                                  }),
                             always("b", {"a"}, Status::pass), always("c", {}, Status::pass)};
    Recorder recorder;
    const base::Cancel cancel;
    const auto report = verify::climb(ladder, recorder, cancel, std::array{failed});
    CHECK_FALSE(asked);
    CHECK(report.checks.at(0).evidence == failed.evidence);
    CHECK(report.checks.at(0).millis == failed.millis);
    CHECK(report.checks.at(1).status == Status::skip);
    CHECK(report.checks.at(2).status == Status::pass);
}
