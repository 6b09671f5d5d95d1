// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"
#include "support/catch.hpp"

using namespace eligate;
using namespace eligate::apply;
namespace code = catalog::code;

TEST_CASE("apply: commits what was proven, and the second time changes nothing") {
    Scene scene;
    const auto first = scene.apply(wanted());
    REQUIRE(first);
    CHECK(first->end == End::committed);
    CHECK(first->generation == 1);
    CHECK(scene.machine.state == with_foreign(wanted()));
    CHECK(scene.store.files.contains("state.json"));
    CHECK_FALSE(scene.store.files.contains("journal"));

    const auto acted = scene.machine.acted.size();
    const auto files = scene.store.files;
    scene.store.write_fails_at = scene.store.writes;
    const auto second = scene.apply(wanted());
    REQUIRE(second);
    CHECK(second->end == End::unchanged);
    CHECK(scene.machine.acted.size() == acted);
    CHECK(scene.store.files == files);
}

TEST_CASE("apply: the firewall stands before anything else and the proof comes last") {
    Scene scene;
    REQUIRE(scene.apply(wanted()));
    CHECK(scene.observer.steps.front() == "nft inet eligate");
    CHECK(scene.observer.steps.back() == "prove");
}

TEST_CASE("apply: a failed preflight touches nothing") {
    Scene scene;
    scene.preflight = verify::Status::fail;
    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::untouched);
    CHECK(outcome->error->code == code::not_proven);
    CHECK(scene.machine.acted.empty());
    CHECK(scene.store.files.empty());
}

TEST_CASE("apply: a failed proof puts everything back") {
    Scene scene;
    scene.proof = verify::Status::fail;
    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::rolled_back);
    CHECK(outcome->error->evidence.at(0).second == "dns.x");
    CHECK(scene.machine.state == machine_before());
    CHECK(scene.store.files.empty());
}

TEST_CASE("apply and remove: what the machine changes by itself goes back, too") {
    const plan::Sysctl hardened{.name = "net.ipv4.conf.all.accept_redirects", .value = "0"};
    auto desired = wanted();
    plan::put(desired, hardened);
    Scene scene;
    plan::put(scene.machine.state, hardened);
    const auto before = scene.machine.state;
    scene.machine.side_effect = [&](plan::State& state, const plan::Action& action) {
        if (action.key() == "sysctl net.ipv4.ip_forward")
            plan::put(state,
                      plan::Sysctl{.name = hardened.name,
                                   .value = std::get<plan::Sysctl>(*action.after).value == "1" ? "0" : "1"});
    };
    REQUIRE(scene.apply(desired));
    CHECK(scene.remove().value().end == End::committed);
    CHECK(scene.machine.state == before);
    scene.proof = verify::Status::fail;
    CHECK(scene.apply(desired).value().end == End::rolled_back);
    CHECK(scene.machine.state == before);
}

TEST_CASE("apply: a failure at any action, before or after its effect, puts everything back") {
    for (const bool after_the_effect : {false, true}) {
        for (std::size_t k = 0; k < wanted().size(); ++k) {
            Scene scene;
            scene.machine.fails_at = k;
            scene.machine.fails_after_the_effect = after_the_effect;
            const auto outcome = scene.apply(wanted());
            REQUIRE(outcome);
            CHECK(outcome->end == End::rolled_back);
            CHECK(outcome->error->code == fake_fault);
            CHECK(scene.machine.state == machine_before());
            CHECK(scene.store.files.empty());
        }
    }
}

TEST_CASE("apply: a change of a committed site that fails at any action goes back to the committed one") {
    auto changed = wanted();
    plan::put(changed, file("/etc/old", "newer"));
    changed.erase("file /etc/new");
    plan::put(changed, plan::Tunnel{.name = "eligate", .via = {}, .credential = "b"});
    for (std::size_t k = 0; k < 3; ++k) {
        Scene scene;
        REQUIRE(scene.apply(wanted()));
        const auto record = scene.store.files.at("state.json");
        scene.machine.acted.clear();
        scene.machine.fails_at = k;
        const auto outcome = scene.apply(changed);
        REQUIRE(outcome);
        CHECK(outcome->end == End::rolled_back);
        CHECK(scene.machine.state == with_foreign(wanted()));
        CHECK(scene.store.files.at("state.json") == record);
    }
}

TEST_CASE("apply: what cannot be put back is named") {
    Scene scene;
    scene.machine.fails_at = 3;
    scene.machine.stays_broken = true;
    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::incomplete);
    CHECK(outcome->leftover.size() == 3);
    // The journal stays: the next run tries again.
    CHECK(scene.store.files.contains("journal"));
}

TEST_CASE("apply: a full disk at any write leaves the machine as it was") {
    for (std::size_t k = 0; k < 7; ++k) {
        Scene scene;
        scene.store.write_fails_at = k;
        const auto outcome = scene.apply(wanted());
        CHECK(scene.machine.state == machine_before());
        CHECK((!outcome || outcome->end == End::rolled_back));
    }
}

TEST_CASE("apply: stops on request and puts everything back") {
    Scene scene;
    scene.cancel.request();
    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::untouched);
    CHECK(outcome->error->code == code::interrupted);
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("apply: refuses a value of the same name that could not be put back") {
    Scene scene;
    plan::put(scene.machine.state, plan::FirewallTable{.listing = "somebody else's"});
    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::untouched);
    CHECK(outcome->error->code == code::foreign_value);
    CHECK(scene.machine.acted.empty());
}

TEST_CASE("apply: refuses a link of the same name that is not ours") {
    const plan::Link ours{.name = "eligate0", .if_id = 33904, .mtu = 1438};
    auto desired = wanted();
    plan::put(desired, ours);
    // Another kind of link, an XFRM interface of another tunnel, and one that is like ours to the last byte.
    for (const auto& standing : {plan::Link{.name = "eligate0", .if_id = 0, .mtu = 1500},
                                 plan::Link{.name = "eligate0", .if_id = 42, .mtu = 1438}, ours}) {
        Scene scene;
        plan::put(scene.machine.state, standing);
        const auto outcome = scene.apply(desired);
        REQUIRE(outcome);
        CHECK(outcome->end == End::untouched);
        CHECK(outcome->error->code == code::foreign_value);
        CHECK(scene.machine.acted.empty());
    }
}

TEST_CASE("apply: a link that somebody made in place of ours is not replaced") {
    Scene scene;
    auto desired = wanted();
    plan::put(desired, plan::Link{.name = "eligate0", .if_id = 33904, .mtu = 1438});
    REQUIRE(scene.apply(desired));
    const auto acted = scene.machine.acted.size();
    plan::put(scene.machine.state, plan::Link{.name = "eligate0", .if_id = 0, .mtu = 1500});
    const auto outcome = scene.apply(desired);
    REQUIRE(outcome);
    CHECK(outcome->end == End::untouched);
    CHECK(outcome->error->code == code::foreign_value);
    CHECK(scene.machine.acted.size() == acted);

    // Ours, changed by hand, is ours to mend.
    plan::put(scene.machine.state, plan::Link{.name = "eligate0", .if_id = 33904, .mtu = 1500, .up = false});
    const auto mended = scene.apply(desired);
    REQUIRE(mended);
    CHECK(mended->end == End::committed);
}

TEST_CASE("apply: a second one at the same time is told who is at work") {
    Scene scene;
    scene.store.locked = true;
    const auto outcome = scene.apply(wanted());
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == code::locked);
    CHECK(scene.machine.acted.empty());
}

TEST_CASE("apply: not confirmed means not touched") {
    Scene scene;
    const auto outcome = apply_goal(scene.engine, scene.goal(wanted()), [](const Plan&) { return false; });
    REQUIRE(outcome);
    CHECK(outcome->end == End::untouched);
    CHECK(outcome->error->code == code::not_confirmed);
    CHECK(scene.machine.acted.empty());
}

TEST_CASE("remove: leaves as it came, over several generations") {
    Scene scene;
    REQUIRE(scene.apply(wanted()));
    auto changed = wanted();
    plan::put(changed, file("/etc/third", "3"));
    changed.erase("file /etc/new");
    REQUIRE(scene.apply(changed)->end == End::committed);
    CHECK_FALSE(scene.machine.state.contains("file /etc/new"));
    const auto outcome = scene.remove();
    REQUIRE(outcome);
    CHECK(outcome->end == End::committed);
    CHECK(scene.machine.state == machine_before());
    CHECK(scene.store.files.empty());
}

TEST_CASE("remove: what fails puts everything back, and what cannot be put back is named") {
    for (std::size_t k = 0; k < wanted().size(); ++k) {
        Scene scene;
        REQUIRE(scene.apply(wanted()));
        const auto files = scene.store.files;
        scene.machine.acted.clear();
        scene.machine.fails_at = k;
        const auto first = scene.remove();
        REQUIRE(first);
        CHECK(first->end == End::rolled_back);
        CHECK(first->error->code == fake_fault);
        CHECK(scene.machine.state == with_foreign(wanted()));
        CHECK(scene.store.files == files);
    }
    Scene scene;
    REQUIRE(scene.apply(wanted()));
    scene.machine.acted.clear();
    scene.machine.fails_at = 1;
    scene.machine.stays_broken = true;
    const auto first = scene.remove();
    REQUIRE(first);
    CHECK(first->end == End::incomplete);
    // The tunnel is gone, and does not come back.
    CHECK(first->leftover.size() == 1);
    scene.machine.fails_at.reset();
    const auto second = scene.remove();
    REQUIRE(second);
    CHECK(second->end == End::committed);
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("remove: what somebody puts back again and again is named, and nothing is removed") {
    Scene scene;
    REQUIRE(scene.apply(wanted()));
    const auto ours = std::get<plan::File>(wanted().at("file /etc/new"));
    scene.machine.side_effect = [&](plan::State& state, const plan::Action& /*action*/) {
        plan::put(state, ours);
    };
    const auto outcome = scene.remove();
    REQUIRE(outcome);
    CHECK(outcome->end == End::rolled_back);
    CHECK(outcome->error->code == code::not_removed);
    CHECK(scene.machine.state == with_foreign(wanted()));
}

TEST_CASE("apply: waits for a restore, and for others only if asked") {
    using std::chrono::seconds;
    Scene scene;
    scene.store.locked = true;
    CHECK(scene.apply(wanted()).error().code == code::locked);
    CHECK(scene.store.waited == std::vector{seconds(0)});

    scene.store.waited.clear();
    scene.engine.patience = seconds(5);
    CHECK(scene.apply(wanted()).error().code == code::locked);
    CHECK(scene.store.waited == std::vector{seconds(0), seconds(5)});
    CHECK(scene.observer.steps.back() == "wait");

    scene.store.waited.clear();
    scene.store.holder = "restore";
    CHECK(scene.apply(wanted()).value().end == End::committed);
    CHECK(scene.store.waited == std::vector{seconds(0), seconds(60)});
}

TEST_CASE("remove: without a record there is nothing to remove") {
    const Scene scene;
    const auto outcome = scene.remove();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == code::nothing_applied);
}
