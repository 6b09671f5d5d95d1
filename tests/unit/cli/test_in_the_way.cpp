// SPDX-License-Identifier: Apache-2.0
/// What keeps a command from beginning is told at once and changes nothing.
#include "stage.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::cli;
using namespace eligate::cli::test;
using catalog::Exit;
using Json = nlohmann::ordered_json;

TEST_CASE("in the way: plan says before anything happens what apply would stumble over") {
    Stage stage;
    auto others = std::get<plan::SharedSecret>(stage.desired.at("secret eligate-psk"));
    others.owners = {"fqdn:somebody-else"};
    plan::put(stage.machine.state, others);
    const auto ended = stage.run({"plan"});
    CHECK(ended.exit == Exit::failed);
    CHECK(has(ended.err, "SYS012"));
    CHECK(has(ended.err, "secret eligate-psk"));
    CHECK(Json::parse(stage.run({"plan", "--json"}).out)["error"]["code"] == "SYS012");
}

TEST_CASE("in the way: what the appliance cannot do is an error with exit code 1") {
    Stage stage;
    stage.goal_error =
        base::Error{.code = catalog::code::no_wan, .what = base::msg("there is no default route")};
    for (const std::string command : {"plan", "apply", "verify"}) {
        const auto ended = stage.run({command});
        CAPTURE(command);
        CHECK(ended.exit == Exit::failed);
        CHECK(ended.out.empty());
        CHECK(has(ended.err, "error[SYS008]: there is no default route"));
    }
}

TEST_CASE("in the way: a wrong site file stops all who need it before they look at the machine") {
    Stage stage;
    eligate::test::edit(stage.disk.files["site.toml"], "schema", "shcema");
    for (const std::string command : {"plan", "apply", "verify"}) {
        const auto ended = stage.run({command, "--yes"});
        CAPTURE(command);
        CHECK(ended.exit == Exit::invalid);
        CHECK(ended.out.empty());
        CHECK(has(ended.err, "site.toml:1:1: error[PRF008]"));
    }
    CHECK(stage.store.files.empty());
}

TEST_CASE("in the way: everything that is in the way is told at once, and nothing is looked at twice") {
    Stage stage;
    stage.faults = {{.code = catalog::code::strongswan_too_old, .what = base::msg("old")},
                    {.code = catalog::code::ike_port_in_use, .what = base::msg("pluto holds 500")}};
    plan::put(stage.machine.state, plan::SharedSecret{.id = "eligate-psk",
                                                      .type = plan::SharedType::ike,
                                                      .owners = {"fqdn:theirs"},
                                                      .secret = base::Secret("x")});
    for (const auto* const command : {"plan", "apply"}) {
        CAPTURE(command);
        const auto ended = stage.run({command, "--yes"});
        CHECK(ended.exit == Exit::failed);
        for (const auto* const part : {"SYS042", "IKE032", "SYS012", "to do", "this appliance"})
            CHECK(has(ended.err, part));
        const auto json = Json::parse(stage.run({command, "--yes", "--json"}).out);
        CHECK(json["result"] == "error");
        CHECK(json["error"]["code"] == "SYS042");
        REQUIRE(json["faults"].size() == 3);
        CHECK(json["faults"][2]["code"] == "SYS012");
    }
    CHECK(stage.machine.acted.empty());
    CHECK(stage.store.files.empty());
}

TEST_CASE("in the way: a first apply without strongSwan still learns that it could not write") {
    Stage stage;
    stage.faults = {{.code = catalog::code::charon_silent, .what = base::msg("silent")}};
    stage.room_faults = {{.code = catalog::code::disk_full, .what = base::msg("full")}};
    stage.goal_error = base::Error{.code = catalog::code::no_wan, .what = base::msg("not asked")};
    const auto ended = stage.run({"plan"});
    CHECK(ended.exit == Exit::failed);
    CHECK(has(ended.err, "IKE004"));
    CHECK(has(ended.err, "SYS045"));
    CHECK_FALSE(has(ended.err, "SYS008"));
}

TEST_CASE("in the way: what looking found already is not told again by comparing") {
    Stage stage;
    stage.faults = {{.code = catalog::code::dataplane_missing, .what = base::msg("no dataplane")}};
    stage.goal_error = base::Error{.code = catalog::code::dataplane_missing, .what = base::msg("again")};
    const auto json = Json::parse(stage.run({"apply", "--yes", "--json"}).out);
    CHECK(json["faults"].size() == 1);
}

TEST_CASE("in the way: an interruption while looking is one") {
    Stage stage;
    stage.faults = {{.code = catalog::code::ike_port_in_use, .what = base::msg("held")},
                    {.code = catalog::code::interrupted, .what = base::msg("stopped")}};
    CHECK(stage.run({"plan"}).exit == Exit::interrupted);
}
