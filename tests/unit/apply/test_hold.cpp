// SPDX-License-Identifier: Apache-2.0
/// What bounds a change from outside, and what waits for a person.
#include "apply/hold.hpp"
#include "apply/journal.hpp"
#include "apply/restore.hpp"
#include "apply/revive.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

namespace eligate::apply {
namespace {

constexpr std::chrono::seconds five_minutes(300);

plan::State changed() {
    auto state = wanted();
    plan::put(state, file("/etc/old", "newer"));
    return state;
}

struct Holding : Scene {
    Outcome apply_held(plan::State desired = wanted()) {
        auto site = goal(std::move(desired));
        site.hold = [](const Plan&) { return five_minutes; };
        return apply_goal(engine, site, [](const Plan&) { return true; }).value();
    }
    std::uint32_t generation() {
        const auto record = read_record(store).value();
        return record ? record->generation : 0;
    }
    Restoration restored(std::string_view overdue = {}) {
        return restore(
                   engine, [](const std::string& text) { return base::Result<std::string>(text); }, overdue)
            .value();
    }
    /// Nothing is left of a change in between.
    bool tidy() { return !store.files.contains("journal") && !store.files.contains("earlier.json"); }
};

} // namespace

TEST_CASE("deadline: armed before the first step, called off at the end, and no change without it") {
    Scene scene;
    std::vector<std::size_t> armed;
    scene.machine.side_effect = [&](plan::State&, const plan::Action&) {
        armed.push_back(scene.deadline.armed.size());
    };
    SECTION("an apply that is kept") {
        CHECK(scene.apply(wanted()).value().end == End::committed);
        CHECK(armed == std::vector<std::size_t>(wanted().size(), 1));
    }
    SECTION("an apply that fails") {
        scene.proof = verify::Status::fail;
        CHECK(scene.apply(wanted()).value().end == End::rolled_back);
    }
    SECTION("a removal") {
        REQUIRE(scene.apply(wanted()));
        armed.clear();
        CHECK(scene.remove().value().end == End::committed);
        CHECK_FALSE(armed.empty());
        CHECK(armed.front() == 1);
    }
    SECTION("it cannot be armed") {
        scene.deadline.fails_at = 0;
        CHECK(scene.apply(wanted()).error().code == catalog::code::deadline_not_armed);
        CHECK(scene.machine.acted.empty());
        CHECK(scene.store.files.empty());
    }
    CHECK(scene.deadline.armed.empty());
}

TEST_CASE("hold: in force and written down as the new generation, with an alarm and a journal") {
    Holding scene;
    const auto outcome = scene.apply_held();
    CHECK(outcome.end == End::held);
    REQUIRE(outcome.waiting);
    CHECK(outcome.waiting->left == five_minutes);
    CHECK(outcome.waiting->change == Journal::read(scene.store).value()->id);
    CHECK(scene.machine.state == with_foreign(wanted()));
    CHECK(scene.generation() == 1);
    REQUIRE(scene.deadline.armed.size() == 2);
    CHECK(scene.deadline.armed.back().bounds == port::Alarm::Bounds::hold);
    CHECK(scene.deadline.armed.back().after == five_minutes);
}

TEST_CASE("hold: confirmed in time it is like any other commit") {
    Holding scene;
    REQUIRE(scene.apply(wanted()).value().end == End::committed);
    const auto change = scene.apply_held(changed()).waiting->change;
    const auto outcome = confirm(scene.engine, change).value();
    CHECK(outcome.end == End::committed);
    CHECK(outcome.generation == 2);
    CHECK(scene.generation() == 2);
    CHECK(scene.machine.state == with_foreign(changed()));
    CHECK(scene.tidy());
    CHECK(scene.deadline.armed.empty());
    CHECK(confirm(scene.engine, change).error().code == catalog::code::nothing_held);
    CHECK(scene.remove().value().end == End::committed);
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("hold: what was not confirmed goes back, and the generation with it") {
    Holding scene;
    const bool first = GENERATE(true, false);
    if (!first)
        REQUIRE(scene.apply(wanted()).value().end == End::committed);
    const auto before = scene.machine.state;
    const auto files = scene.store.files;
    const auto change = scene.apply_held(changed()).waiting->change;
    scene.machine.acted.clear();

    SECTION("its time is over, and the alarm rings") {
        scene.deadline.now.since += five_minutes;
        CHECK(scene.restored(change).end == Restoration::End::put_back);
    }
    SECTION("its time is over, and the timer's run comes first") {
        scene.deadline.now.since += five_minutes;
        CHECK(scene.restored().end == Restoration::End::put_back);
    }
    SECTION("the machine was started again") {
        scene.deadline.now.boot = "the next boot";
        scene.deadline.now.since = std::chrono::seconds(20);
        CHECK(scene.restored().end == Restoration::End::put_back);
    }
    SECTION("on request") {
        CHECK(give_up(scene.engine).value().end == End::rolled_back);
        CHECK(scene.deadline.armed.empty());
    }
    SECTION("confirmed too late") {
        scene.deadline.now.since += five_minutes;
        const auto outcome = confirm(scene.engine, change).value();
        CHECK(outcome.end == End::rolled_back);
        CHECK(outcome.error->code == catalog::code::confirmed_too_late);
    }
    SECTION("its time is over, and the next apply comes first") {
        scene.deadline.now.since += five_minutes;
        CHECK(scene.apply(changed()).value().end == End::committed);
        CHECK(scene.generation() == (first ? 1 : 2));
        CHECK(scene.tidy());
        return;
    }
    CHECK(scene.machine.state == before);
    CHECK(scene.store.files == files);
    CHECK(scene.deadline.armed.empty());
}

TEST_CASE("hold: as long as it lasts nothing else begins, and nothing puts it back") {
    Holding scene;
    REQUIRE(scene.apply(wanted()).value().end == End::committed);
    const auto change = scene.apply_held(changed()).waiting->change;
    const auto state = scene.machine.state;
    scene.deadline.now.since += five_minutes - std::chrono::seconds(1);
    scene.machine.acted.clear();

    const auto applied = scene.apply(wanted()).value();
    CHECK(applied.end == End::untouched);
    CHECK(applied.error->code == catalog::code::change_held);
    CHECK(confirm(scene.engine, "000000").error().code == catalog::code::other_change_held);
    CHECK(confirm(scene.engine, "").error().code == catalog::code::other_change_held);
    CHECK(give_up(scene.engine, "000000").error().code == catalog::code::other_change_held);
    // The alarm that bounded the steps rings during the hold.
    const auto restored = scene.restored(change);
    CHECK(restored.end == Restoration::End::standing);
    CHECK(restored.held);
    CHECK_FALSE(restored.unfinished);
    CHECK(scene.machine.acted.empty());
    CHECK(scene.machine.state == state);
    CHECK(confirm(scene.engine, change).value().end == End::committed);
}

TEST_CASE("hold: the firewall, the routes and the tunnel of a held change are kept standing") {
    Holding scene;
    REQUIRE(scene.apply_held().waiting);
    scene.machine.state.erase(plan::key_of(plan::FirewallTable{}));
    scene.machine.state.erase("tunnel eligate");
    CHECK(scene.restored().end == Restoration::End::restored);
    CHECK(revive(scene.engine).value() == Revival::revived);
    CHECK(scene.machine.state == with_foreign(wanted()));
    // Its time is over: what is to go back is not brought up again.
    scene.machine.state.erase("tunnel eligate");
    scene.deadline.now.since += five_minutes;
    CHECK(revive(scene.engine).value() == Revival::not_wanted);
    CHECK_FALSE(scene.machine.state.contains("tunnel eligate"));
}

TEST_CASE("hold: cut off at any write, and recovered, it is the old state or the held one") {
    for (std::size_t point = 0;; ++point) {
        Holding scene;
        REQUIRE(scene.apply(wanted()).value().end == End::committed);
        const auto before = scene.machine.state;
        const auto files = scene.store.files;
        scene.store.writes = 0;
        scene.store.write_fails_at = point;
        scene.machine.stays_broken = false;
        auto site = scene.goal(changed());
        site.hold = [](const Plan&) { return five_minutes; };
        const auto outcome = apply_goal(scene.engine, site, [](const Plan&) { return true; });
        scene.store.write_fails_at.reset();
        CAPTURE(point);
        if (outcome && outcome->end == End::held)
            break;
        CHECK(scene.machine.state == before);
        CHECK(scene.store.files == files);
        CHECK(scene.deadline.armed.empty());
    }
}

TEST_CASE("hold: a removal puts it back first") {
    Holding scene;
    REQUIRE(scene.apply(wanted()).value().end == End::committed);
    REQUIRE(scene.apply_held(changed()).waiting);
    CHECK(scene.remove().value().end == End::committed);
    CHECK(scene.machine.state == machine_before());
    CHECK(scene.store.files.empty());
}

TEST_CASE("hold: what is going back can no longer be confirmed") {
    Holding scene;
    REQUIRE(scene.apply(wanted()).value().end == End::committed);
    const auto before = scene.machine.state;
    const auto change = scene.apply_held(changed()).waiting->change;
    // The way back is cut off: a step of it fails, and so does everything after it.
    scene.machine.acted.clear();
    scene.machine.fails_at = 0;
    scene.machine.stays_broken = true;
    CHECK(give_up(scene.engine).value().end == End::incomplete);
    scene.machine.fails_at.reset();
    scene.machine.stays_broken = false;
    const auto restored = scene.restored();
    CHECK(restored.end == Restoration::End::put_back);
    CHECK(scene.machine.state == before);
    CHECK(scene.generation() == 1);
    CHECK(confirm(scene.engine, change).error().code == catalog::code::nothing_held);
}

TEST_CASE(
    "apply: asks also where an earlier run has to be put back first, and again where that changes the plan") {
    Holding scene;
    REQUIRE(scene.apply_held().waiting);
    scene.deadline.now.since += five_minutes;
    int asked = 0;
    const auto answer = [&](const Plan& plan) {
        ++asked;
        return asked == 1 ? plan.actions.empty() : !plan.actions.empty();
    };
    CHECK(apply_goal(scene.engine, scene.goal(wanted()), answer).value().end == End::committed);
    CHECK(asked == 2);
}

TEST_CASE("hold: without an alarm for it nothing is held") {
    Holding scene;
    scene.deadline.fails_at = 1;
    auto site = scene.goal(wanted());
    site.hold = [](const Plan&) { return five_minutes; };
    const auto outcome = apply_goal(scene.engine, site, [](const Plan&) { return true; }).value();
    CHECK(outcome.end == End::rolled_back);
    CHECK(outcome.error->code == catalog::code::deadline_not_armed);
    CHECK(scene.machine.state == machine_before());
    CHECK(scene.store.files.empty());
}

TEST_CASE("overdue: a run that hangs is ended, and only by its own alarm") {
    Scene scene;
    Journal journal(scene.store);
    const auto actions = plan::diff({}, state_of({file("/etc/new", "new")}));
    const auto change = journal.begin(0, actions).value();
    REQUIRE(journal.doing(0));
    plan::put(scene.machine.state, file("/etc/new", "new"));
    scene.store.locked = true;
    const auto canonical = [](const std::string& text) { return base::Result<std::string>(text); };
    CHECK(restore(scene.engine, canonical).value().end == Restoration::End::busy);
    CHECK(restore(scene.engine, canonical, "000000").value().end == Restoration::End::busy);
    CHECK_FALSE(scene.store.insisted);
    CHECK(restore(scene.engine, canonical, change).value().end == Restoration::End::put_back);
    CHECK(scene.store.insisted);
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("hold: a session whose way changes") {
    const auto prefix = net::Prefix::parse("10.20.0.0/16").value();
    const auto inside = net::Address::parse("10.20.1.5").value();
    const auto outside = net::Address::parse("192.168.1.5").value();
    const plan::Route narrow{.table = 8470, .destination = prefix, .device = "eligate0"};
    auto moved = narrow;
    moved.source = outside;
    CHECK(changes_way_to(inside, plan::diff({}, state_of({narrow}))));
    CHECK(changes_way_to(inside, plan::diff(state_of({narrow}), {})));
    CHECK_FALSE(changes_way_to(outside, plan::diff({}, state_of({narrow}))));
    CHECK_FALSE(changes_way_to(inside, plan::diff(state_of({narrow}), state_of({moved}))));
    CHECK_FALSE(changes_way_to(inside, plan::diff({}, state_of({file("/etc/new", "new")}))));
}

} // namespace eligate::apply
