// SPDX-License-Identifier: Apache-2.0
/// A change that waits for a person, as that person sees it.
#include "stage.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::cli;
using namespace eligate::cli::test;
using catalog::Exit;
using Json = nlohmann::ordered_json;

namespace {

std::string held(Stage& stage) {
    const auto ended = stage.run({"apply", "--yes", "--hold-for", "5m", "--json"});
    REQUIRE(ended.exit == Exit::pending);
    const auto json = Json::parse(ended.out);
    CHECK(json["result"] == "held");
    CHECK(json["hold"]["seconds"] == 300);
    return json["hold"]["change"];
}

/// A peer behind the route that the stage makes.
constexpr const char* behind_the_route = "10.20.0.77";

void add_route(Stage& stage) {
    plan::put(
        stage.desired,
        plan::Route{.table = 8470, .destination = *net::Prefix::parse("10.20.0.0/16"), .device = "eligate0"});
}

} // namespace

TEST_CASE("hold: apply says what to type, and how to put it back at once") {
    Stage stage;
    const auto ended = stage.run({"apply", "--yes", "--hold-for", "5m", "--lang", "en"});
    CHECK(ended.exit == Exit::pending);
    const auto change = stage.deadline.armed.front().change;
    CHECK(has(ended.err, "It is kept only if it is confirmed within 5 min"));
    CHECK(has(ended.out, "sudo eligate confirm " + change));
    CHECK(has(ended.out, "sudo eligate rollback --held " + change));
    REQUIRE(stage.system_log.entries.size() == 1);
    CHECK(has(stage.system_log.entries.front().text, "waits for its confirmation"));
}

TEST_CASE("hold: status shows the time that is left, as text and as a record") {
    Stage stage;
    const auto change = held(stage);
    stage.sas = {live_tunnel()};
    stage.deadline.now.since += std::chrono::seconds(60);
    const auto text = stage.run({"status", "--lang", "en"});
    CHECK(text.exit == Exit::done);
    CHECK(has(text.out, "4 min"));
    CHECK(has(text.out, "sudo eligate confirm " + change));
    const auto json = Json::parse(stage.run({"status", "--json"}).out);
    CHECK(json["hold"]["seconds"] == 240);
    CHECK(json["result"] == "up");
}

TEST_CASE("hold: confirm and rollback end it, and say so") {
    Stage stage;
    const auto change = held(stage);
    SECTION("another name") {
        const auto ended = stage.run({"confirm", "abcdef"});
        CHECK(ended.exit == Exit::failed);
        CHECK(has(ended.err, "SYS051"));
        CHECK(has(ended.err, change));
    }
    SECTION("confirmed") {
        const auto ended = stage.run({"confirm", change, "--lang", "en"});
        CHECK(ended.exit == Exit::done);
        CHECK(has(ended.out, "Confirmed: it stays (generation 1)."));
        CHECK(stage.run({"confirm", change}).exit == Exit::failed);
    }
    SECTION("too late") {
        stage.deadline.now.since += std::chrono::seconds(301);
        const auto ended = stage.run({"confirm", change, "--lang", "en"});
        CHECK(ended.exit == Exit::rolled_back);
        CHECK(has(ended.err, "SYS052"));
        CHECK(has(ended.out, "Everything was put back as it was before."));
        CHECK(stage.store.files.empty());
    }
    SECTION("put back by its name, and nothing else once it is gone") {
        CHECK(stage.run({"rollback", "--held", "abcdef", "--yes"}).exit == Exit::failed);
        CHECK(stage.run({"rollback", "--held", change, "--yes"}).exit == Exit::done);
        CHECK(stage.store.files.empty());
        CHECK(has(stage.run({"rollback", "--held", change, "--yes"}).err, "SYS050"));
    }
    SECTION("put back, only after a yes") {
        CHECK(stage.run({"rollback"}).exit == Exit::failed);
        CHECK_FALSE(stage.store.files.empty());
        const auto ended = stage.run({"rollback", "--yes", "--lang", "en"});
        CHECK(ended.exit == Exit::done);
        CHECK(has(ended.out, "Everything was put back as it was before."));
        CHECK(stage.store.files.empty());
    }
}

TEST_CASE("hold: an SSH session whose way changes is told so before the question, and held") {
    Stage stage;
    add_route(stage);
    stage.peer = behind_the_route;
    SECTION("by itself") {
        const auto ended = stage.run({"apply", "--yes", "--lang", "en"});
        CHECK(ended.exit == Exit::pending);
        CHECK(has(ended.err, "This changes the way to 10.20.0.77, from where you are logged in."));
    }
    SECTION("not if it is told not to") {
        const auto ended = stage.run({"apply", "--yes", "--hold-for", "0", "--lang", "en"});
        CHECK(ended.exit == Exit::done);
        CHECK(has(ended.err, "survive it"));
    }
    SECTION("not from elsewhere") {
        stage.peer = "192.168.1.5";
        const auto ended = stage.run({"apply", "--yes", "--lang", "en"});
        CHECK(ended.exit == Exit::done);
        CHECK_FALSE(has(ended.err, "logged in"));
    }
}

TEST_CASE("hold: its time is from half a minute to an hour, or none") {
    for (const auto* const word : {"29s", "2h", "-1", "5x", "5mm", "m", "", "99999999999999", "3601"}) {
        CAPTURE(word);
        Stage stage;
        const auto ended = stage.run({"apply", "--yes", std::string("--hold-for=") + word});
        CHECK(ended.exit == Exit::usage);
        CHECK(stage.store.files.empty());
    }
    for (const auto* const word : {"30", "30s", "5m", "1h", "3600"}) {
        CAPTURE(word);
        Stage stage;
        CHECK(stage.run({"apply", "--yes", "--hold-for", word}).exit == Exit::pending);
    }
}
