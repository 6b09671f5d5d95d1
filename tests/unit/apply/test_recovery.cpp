// SPDX-License-Identifier: Apache-2.0
#include "apply/way_back.hpp"
#include "scene.hpp"
#include "support/catch.hpp"

using namespace eligate;
using namespace eligate::apply;
namespace code = catalog::code;

TEST_CASE("apply: what an unfinished run of ours left is put back, not taken for somebody else's") {
    Scene scene;
    auto desired = wanted();
    plan::put(desired, plan::SharedSecret{.id = "ike-eligate",
                                          .type = plan::SharedType::ike,
                                          .owners = {"fqdn:a"},
                                          .secret = base::Secret("psk")});
    const auto actions = plan::diff(machine_before(), desired);
    Journal journal(scene.store);
    REQUIRE(journal.begin(0, actions));
    REQUIRE(journal.doing(actions.size() - 1));
    scene.machine.state = plan::carried_out(scene.machine.state, actions);
    const auto half_done = scene.machine.state;

    scene.store.locked = true;
    CHECK(scene.apply(desired).error().code == code::locked);
    CHECK(scene.machine.state == half_done);

    scene.store.locked = false;
    CHECK(scene.apply(desired).value().end == End::committed);
    CHECK(scene.machine.state == with_foreign(desired));
}

TEST_CASE("the record decides, also where its writing failed at the very end") {
    Scene scene;
    scene.store.fails_after_the_effect = true;
    // journal, five actions, done, generation, record
    scene.store.write_fails_at = wanted().size() + 3;
    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::committed);
    CHECK(scene.machine.state == with_foreign(wanted()));
    CHECK(scene.store.files.contains("state.json"));

    scene.store.write_fails_at.reset();
    scene.store.remove_fails = true;
    CHECK(scene.remove().value().end == End::committed);
    CHECK(scene.machine.state == machine_before());
    CHECK(scene.store.files.empty());
}

TEST_CASE("a journal that cannot be taken away leaves nothing to do by hand") {
    Scene scene;
    scene.store.remove_fails = true;
    SECTION("after a commit") {
        CHECK(scene.apply(wanted()).value().end == End::committed);
        const auto unfinished = Journal::read(scene.store).value().value();
        scene.store.remove_fails = false;
        REQUIRE(recover(scene.engine, unfinished));
        CHECK(scene.machine.state == with_foreign(wanted()));
    }
    SECTION("after the way back") {
        scene.proof = verify::Status::fail;
        CHECK(scene.apply(wanted()).value().end == End::rolled_back);
        CHECK(scene.machine.state == machine_before());
        const auto unfinished = Journal::read(scene.store).value().value();
        scene.store.remove_fails = false;
        REQUIRE(recover(scene.engine, unfinished));
        CHECK(scene.machine.state == machine_before());
    }
    CHECK_FALSE(scene.store.files.contains("journal"));
}

TEST_CASE("apply: an unfinished run is put back before anything else") {
    Scene scene;
    const auto actions =
        plan::diff(state_of({file("/etc/old", "old")}), state_of({file("/etc/old", "torn")}));
    Journal journal(scene.store);
    REQUIRE(journal.begin(0, actions));
    REQUIRE(journal.doing(0));
    plan::put(scene.machine.state, file("/etc/old", "torn"));

    const auto outcome = scene.apply(wanted());
    REQUIRE(outcome);
    CHECK(outcome->end == End::committed);
    // What stood there before the unfinished run is what remove goes back to.
    REQUIRE(scene.remove());
    CHECK(scene.machine.state == machine_before());
}

TEST_CASE("a run that was cut off after its record was written has only its journal left") {
    Scene scene;
    REQUIRE(scene.apply(wanted()));
    auto changed = wanted();
    plan::put(changed, file("/etc/old", "newer"));
    Journal journal(scene.store);
    const auto actions = plan::diff(scene.machine.state, with_foreign(changed));
    SECTION("an apply") {
        REQUIRE(scene.apply(changed));
        REQUIRE(journal.begin(1, actions));
        REQUIRE(journal.doing(0));
        REQUIRE(recover(scene.engine, Journal::read(scene.store).value().value()));
        CHECK(scene.machine.state == with_foreign(changed));
        CHECK(scene.store.files.contains("state.json"));
    }
    SECTION("a removal") {
        REQUIRE(scene.remove());
        REQUIRE(journal.begin(1, plan::diff(with_foreign(wanted()), machine_before())));
        REQUIRE(journal.doing(0));
        REQUIRE(recover(scene.engine, Journal::read(scene.store).value().value()));
        CHECK(scene.machine.state == machine_before());
    }
    CHECK_FALSE(scene.store.files.contains("journal"));
}

TEST_CASE("recovery: the firewall stays as long as something could bring the tunnel up") {
    Scene scene;
    const auto actions = plan::diff(machine_before(), with_foreign(wanted()));
    Journal journal(scene.store);
    REQUIRE(journal.begin(0, actions));
    REQUIRE(journal.doing(actions.size() - 1));
    scene.machine.state = with_foreign(wanted());
    // Taking the tunnel down is the first step of the way back.
    scene.machine.fails_at = 0;
    scene.machine.stays_broken = true;
    const auto unfinished = Journal::read(scene.store).value().value();
    CHECK(recover(scene.engine, unfinished).error().code == code::not_put_back);
    CHECK(scene.machine.state.contains("nft inet eligate"));
    CHECK(scene.store.files.contains("journal"));

    scene.machine.fails_at.reset();
    REQUIRE(recover(scene.engine, unfinished));
    CHECK(scene.machine.state == machine_before());
    CHECK_FALSE(scene.store.files.contains("journal"));
}
