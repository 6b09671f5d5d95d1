// SPDX-License-Identifier: Apache-2.0
#include "apply/revive.hpp"

#include "apply/journal.hpp"
#include "committed.hpp"

using namespace eligate;
using namespace eligate::apply;

TEST_CASE("revive: brings the committed tunnel up, and leaves everything else alone") {
    Appliance appliance;
    const auto engine = appliance.engine();
    CHECK(revive(engine).value() == Revival::up);
    CHECK(appliance.machine.acted.empty());

    appliance.lose("tunnel eligate");
    appliance.lose(table);
    SECTION("it comes up") {
        CHECK(revive(engine).value() == Revival::revived);
        CHECK(appliance.machine.state.contains("tunnel eligate"));
        CHECK(appliance.machine.brought_back == std::vector<std::string>{"tunnel eligate"});
        CHECK_FALSE(appliance.machine.state.contains(table));
    }
    SECTION("no gateway takes it") {
        appliance.machine.fails_at = 0;
        CHECK(revive(engine).value() == Revival::refused);
    }
    SECTION("charon does not run") {
        appliance.machine.unreadable = {"tunnel eligate"};
        CHECK(revive(engine).value() == Revival::not_now);
    }
    SECTION("another run is at work") {
        appliance.store.locked = true;
        CHECK(revive(engine).value() == Revival::not_now);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("a change that was cut off comes first") {
        REQUIRE(Journal(appliance.store).begin(3, {}));
        CHECK(revive(engine).value() == Revival::not_wanted);
    }
    SECTION("nothing is committed") {
        REQUIRE(delete_record(appliance.store));
        CHECK(revive(engine).value() == Revival::not_wanted);
    }
}

TEST_CASE("revive: a tunnel through which nothing comes back is begun anew, every ten minutes at most") {
    Appliance appliance;
    auto engine = appliance.engine();
    engine.now = [] { return 1'700'000'000; };
    appliance.machine.unanswered = true;
    SECTION("ended, and begun") {
        CHECK(revive(engine).value() == Revival::renewed);
        REQUIRE(appliance.machine.acted.size() == 2);
        CHECK_FALSE(appliance.machine.acted[0].after);
        CHECK(appliance.machine.brought_back == std::vector<std::string>{"tunnel eligate"});
        CHECK(read_record(appliance.store).value()->renewed_at == 1'700'000'000);
        CHECK(revive(engine).value() == Revival::up);
        engine.now = [] { return 1'700'000'599; };
        CHECK(revive(engine).value() == Revival::up);
        engine.now = [] { return 1'700'000'600; };
        CHECK(revive(engine).value() == Revival::renewed);
        engine.now = [] { return 1'600'000'000; };
        CHECK(revive(engine).value() == Revival::renewed);
    }
    SECTION("soon after a boot as often as it is unanswered") {
        appliance.deadline.now.since = std::chrono::seconds(599);
        CHECK(revive(engine).value() == Revival::renewed);
        CHECK(revive(engine).value() == Revival::renewed);
        appliance.deadline.now.since = std::chrono::seconds(600);
        CHECK(revive(engine).value() == Revival::up);
    }
    SECTION("it cannot be ended") {
        appliance.machine.fails_at = 0;
        CHECK(revive(engine).value() == Revival::refused);
        CHECK(appliance.machine.brought_back.empty());
    }
    SECTION("no gateway takes it") {
        appliance.machine.fails_at = 1;
        CHECK(revive(engine).value() == Revival::refused);
    }
    SECTION("not what cannot be remembered") {
        appliance.store.write_fails_at = 0;
        CHECK(revive(engine).value() == Revival::not_now);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("not beside another run") {
        appliance.store.locked = true;
        CHECK(revive(engine).value() == Revival::not_now);
        CHECK(appliance.machine.acted.empty());
    }
    SECTION("not where nothing was proven: the service may not be open yet") {
        auto record = read_record(appliance.store).value().value();
        record.proven = false;
        REQUIRE(write_record(appliance.store, record));
        CHECK(revive(engine).value() == Revival::up);
        CHECK(appliance.machine.acted.empty());
    }
}
