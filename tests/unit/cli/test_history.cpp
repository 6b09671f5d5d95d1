// SPDX-License-Identifier: Apache-2.0
/// Generations as a person sees them, and the way back to one.
#include "stage.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::cli;
using namespace eligate::cli::test;
using catalog::Exit;
using Json = nlohmann::ordered_json;

namespace {

/// In tests/golden/base/secrets.toml.
constexpr const char* good_psk = "CANARY-psk-7f3a9c";

/// Two commits: the clinic got another name in between.
void commit_twice(Stage& stage) {
    REQUIRE(stage.run({"apply", "--yes"}).exit == Exit::done);
    eligate::test::edit(stage.disk.files["site.toml"], "山田医院", "佐藤医院");
    plan::put(stage.desired, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "2"});
    REQUIRE(stage.run({"apply", "--yes"}).exit == Exit::done);
}

} // namespace

TEST_CASE("history: without a commit there is nothing to show") {
    Stage stage;
    CHECK(stage.run({"history"}).exit == Exit::failed);
    CHECK(has(stage.run({"rollback", "--yes"}).err, "SYS015"));
}

TEST_CASE("history: lists who changed what and when, the newest first") {
    Stage stage;
    commit_twice(stage);
    const auto ended = stage.run({"history"});
    CHECK(ended.exit == Exit::done);
    CHECK(ended.out.find("*   2 ") < ended.out.find("    1 "));
    CHECK(has(ended.out, "taro (192.168.1.5)"));
    CHECK(has(ended.out, "example-psk (1)"));

    const auto json = Json::parse(stage.run({"history", "--json"}).out);
    CHECK(json["generation"] == 2);
    REQUIRE(json["generations"].size() == 2);
    CHECK(json["generations"][1]["site"] == "佐藤医院");
}

TEST_CASE("history: one generation tells its site file, its steps and its ladder, and no secret") {
    Stage stage;
    commit_twice(stage);
    for (const auto* const language : {"ja", "en"}) {
        const auto one = stage.run({"history", "1", "--lang", language});
        CHECK(one.exit == Exit::done);
        CHECK(has(one.out, "name = \"山田医院\""));
        CHECK(has(one.out, "eligate.conf"));
        CHECK(has(one.out, "IKE_SA"));
    }
    for (const auto* const word : {"1", "1..2"}) {
        const auto json = stage.run({"history", word, "--json"});
        CHECK(json.exit == Exit::done);
        CHECK_FALSE(has(json.out, canary));
        CHECK_FALSE(has(json.out, good_psk));
    }
}

TEST_CASE("history: two generations are compared file by file") {
    Stage stage;
    commit_twice(stage);
    const auto ended = stage.run({"history", "1..2"});
    CHECK(has(ended.out, "- name = \"山田医院\""));
    CHECK(has(ended.out, "+ name = \"佐藤医院\""));
    CHECK_FALSE(has(ended.out, "secrets.toml"));

    eligate::test::edit(stage.disk.files["secrets.toml"], good_psk, "another-secret-of-the-same");
    plan::put(stage.desired, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "3"});
    REQUIRE(stage.run({"apply", "--yes"}).exit == Exit::done);
    const auto secret = stage.run({"history", "2..3"});
    CHECK(has(secret.out, "secrets.toml"));
    CHECK(has(secret.out, "its content is not shown"));
    CHECK(has(stage.run({"history", "2..2"}).out, "佐藤医院"));
}

TEST_CASE("history: a number that is none, and one that is not kept") {
    Stage stage;
    commit_twice(stage);
    for (const auto* const word : {"x", "0", "-1", "1..", "..2", "1..2..3", "99999999999"})
        CHECK(stage.run({"history", "--", word}).exit == Exit::usage);
    const auto missing = stage.run({"history", "7"});
    CHECK(missing.exit == Exit::failed);
    CHECK(has(missing.err, "SYS035"));
    CHECK(has(missing.err, "1, 2"));
}

TEST_CASE("rollback: goes back to what was read then, through the same gate") {
    Stage stage;
    commit_twice(stage);
    plan::put(stage.desired, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    const auto ended = stage.run({"rollback", "--yes", "--json"});
    CHECK(ended.exit == Exit::done);
    const auto json = Json::parse(ended.out);
    CHECK(json["site"] == "山田医院");
    CHECK(json["generation"] == 3);
    CHECK(has(ended.err, "site.toml says something else now"));
    CHECK(has(stage.disk.files["site.toml"], "佐藤医院"));
    const auto one = Json::parse(stage.run({"history", "3", "--json"}).out)["generation"];
    CHECK(one["back_to"] == 1);

    // What was applied is what is proven.
    CHECK(Json::parse(stage.run({"verify", "--json"}).out)["site"] == "山田医院");
}

TEST_CASE("rollback: a ladder that fails puts everything back") {
    Stage stage;
    commit_twice(stage);
    const auto before = stage.machine.state;
    plan::put(stage.desired, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    stage.ladder.checks.push_back(
        check("dns.x", verify::Status::fail, catalog::Party::centre, "DNS", catalog::code::not_proven));
    CHECK(stage.run({"rollback", "1", "--yes"}).exit == Exit::rolled_back);
    CHECK(stage.machine.state == before);
    CHECK(Json::parse(stage.run({"history", "--json"}).out)["generations"].size() == 2);
}

TEST_CASE("rollback: not asked, not done; and not without its secrets") {
    Stage stage;
    commit_twice(stage);
    plan::put(stage.desired, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    CHECK(stage.run({"rollback"}).exit == Exit::failed);
    stage.store.files.erase("generation-1.secrets");
    const auto ended = stage.run({"rollback", "1", "--yes"});
    CHECK(ended.exit == Exit::failed);
    CHECK(has(ended.err, "SYS036"));
}
