// SPDX-License-Identifier: Apache-2.0
/// The commands from the command line to the exit code, on a machine in memory.
#include "stage.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::cli;
using namespace eligate::cli::test;
using catalog::Exit;
using verify::Status;
using Json = nlohmann::ordered_json;

namespace {

void fail_at_the_gateway(verify::Report& report) {
    report.checks.push_back(check("gateway.reach", Status::fail, catalog::Party::provider, "Gateways answer",
                                  catalog::code::charon_unreachable));
}

} // namespace

TEST_CASE("commands: check finds the example site sound, and says what is next") {
    Stage stage;
    const auto ended = stage.run({"check"});
    CHECK(ended.exit == Exit::done);
    CHECK(has(ended.out, "The site file is sound"));
    CHECK(has(ended.out, "sudo eligate plan"));
}

TEST_CASE("commands: check opens no appliance") {
    Stage stage;
    stage.appliance_error = base::Error{.code = catalog::code::not_root, .what = base::msg("no")};
    CHECK(stage.run({"check"}).exit == Exit::done);
    CHECK(stage.run({"profile", "list"}).exit == Exit::done);
    CHECK(stage.run({"plan"}).exit == Exit::failed);
}

TEST_CASE("commands: plan shows every change, hides secrets, changes nothing") {
    Stage stage;
    const auto before = stage.machine.state;
    const auto ended = stage.run({"plan"});
    CHECK(ended.exit == Exit::done);
    for (const auto* const part :
         {"; changes: 4", "+ Write the file /etc/strongswan.d/zz-eligate.conf", "      + charon {",
          "its content is not shown", "~ Set net.ipv4.ip_forward to 1", "      - 0\n      + 1\n",
          "+ Load the pre-shared key into strongSwan",
          "Nothing has been changed.\nNext: sudo eligate apply"}) {
        CAPTURE(part, ended.out);
        CHECK(has(ended.out, part));
    }
    CHECK_FALSE(has(ended.out, canary));
    CHECK(stage.machine.state == before);
    CHECK(stage.machine.acted.empty());
    CHECK(stage.store.files.empty());
}

TEST_CASE("commands: plan --exit-code tells a script whether there is something to do") {
    Stage stage;
    CHECK(stage.run({"plan", "--exit-code"}).exit == Exit::pending);
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    const auto again = stage.run({"plan", "--exit-code"});
    CHECK(again.exit == Exit::done);
    CHECK(has(again.out, "Nothing to change"));
}

TEST_CASE("commands: plan tells what somebody else changed from what the site file changes") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    plan::put(stage.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    const auto ended = stage.run({"plan"});
    CHECK(has(ended.out, "Changed by somebody else since generation 1 ("));
    CHECK(has(ended.out, "  sysctl net.ipv4.ip_forward was changed\n"));
    CHECK(has(ended.out, "~ Set net.ipv4.ip_forward to 1"));
    const auto json = Json::parse(stage.run({"plan", "--json"}).out);
    CHECK(json["actions"].size() == 1);
    REQUIRE(json["drift"].size() == 1);
    CHECK(json["drift"][0]["key"] == json["actions"][0]["key"]);
}

TEST_CASE("commands: plan as JSON") {
    Stage stage;
    const auto json = Json::parse(stage.run({"plan", "--json"}).out);
    CHECK(keys_of(json) == std::vector<std::string>{"schema", "result", "site", "generation", "unfinished",
                                                    "only_files_differ", "actions", "drift", "notes", "error",
                                                    "faults"});
    CHECK(json["only_files_differ"] == false);
    CHECK(json["result"] == "changes");
    CHECK(json["generation"].is_null());
    CHECK(json["actions"].size() == 4);
    for (const auto& action : json["actions"])
        CHECK(keys_of(action) == std::vector<std::string>{"verb", "kind", "key", "text", "before", "after"});
    CHECK_FALSE(has(json.dump(), canary));
}

TEST_CASE("commands: apply commits when the ladder passes, and a second one does nothing") {
    Stage stage;
    const auto ended = stage.run({"apply", "--yes"});
    CHECK(ended.exit == Exit::done);
    CHECK(ended.err.empty());
    CHECK(has(ended.out, "  OK      IKE_SA"));
    CHECK(has(ended.out, "Done: the tunnel carries traffic"));
    CHECK(has(ended.out, "generation 1"));
    const auto acted = stage.machine.acted.size();
    const auto again = stage.run({"apply", "--yes"});
    CHECK(again.exit == Exit::done);
    CHECK(has(again.out, "Nothing to change"));
    CHECK(stage.machine.acted.size() == acted);
}

TEST_CASE("commands: apply puts back what the ladder does not prove, and says whom to call") {
    Stage stage;
    fail_at_the_gateway(stage.ladder);
    const auto before = stage.machine.state;
    const auto ended = stage.run({"apply", "--yes"});
    CHECK(ended.exit == Exit::rolled_back);
    CHECK(stage.machine.state == before);
    for (const auto* const part :
         {"FAIL    Gateways answer", "nobody answers",
          "cause:", "to do:", "Everything was put back as it was before.", "First failure: Gateways answer",
          "Whose turn it is: the VPN provider", "000-000-0000"}) {
        CAPTURE(part, ended.out);
        CHECK(has(ended.out, part));
    }
    CHECK(ended.err.empty());
}

TEST_CASE("commands: a preflight that fails leaves everything untouched") {
    Stage stage;
    fail_at_the_gateway(stage.preflight);
    const auto ended = stage.run({"apply", "--yes"});
    CHECK(ended.exit == Exit::failed);
    CHECK(stage.machine.acted.empty());
    CHECK(has(ended.out, "Nothing was changed."));
    CHECK(has(ended.out, "First failure: Gateways answer"));
}

TEST_CASE("commands: apply without a terminal and without --yes changes nothing") {
    Stage stage;
    stage.answers = {"y"};
    const auto ended = stage.run({"apply"});
    CHECK(ended.exit == Exit::failed);
    CHECK(has(ended.err, "error[USE003]"));
    CHECK(stage.machine.acted.empty());
    CHECK(stage.answers.size() == 1);
}

TEST_CASE("commands: apply asks on a terminal and takes only yes for yes") {
    for (const auto& [answer, exit] : std::vector<std::pair<std::string, Exit>>{{"y", Exit::done},
                                                                                {"Y", Exit::done},
                                                                                {"yes", Exit::done},
                                                                                {"", Exit::failed},
                                                                                {"n", Exit::failed},
                                                                                {"please", Exit::failed}}) {
        Stage stage;
        stage.terminal = true;
        stage.answers = {answer};
        const auto ended = stage.run({"apply"});
        CAPTURE(answer);
        CHECK(ended.exit == exit);
        CHECK(has(ended.err, "[y/N]"));
        // The sentences stand before the question, what is inside the files does not.
        CHECK(has(ended.err, "+ Write the file /etc/strongswan.d/zz-eligate.conf"));
        CHECK_FALSE(has(ended.err, "charon {"));
        CHECK(stage.machine.acted.empty() == (exit != Exit::done));
    }
}

TEST_CASE("commands: the end of input at the question is a no") {
    Stage stage;
    stage.terminal = true;
    CHECK(stage.run({"apply"}).exit == Exit::failed);
    CHECK(stage.machine.acted.empty());
}

TEST_CASE("commands: Ctrl-C at the question is an interruption") {
    Stage stage;
    stage.terminal = true;
    stage.before_answer = [&stage] { stage.cancel.request(); };
    const auto ended = stage.run({"apply"});
    CHECK(ended.exit == Exit::interrupted);
    CHECK(has(ended.err, "error[USE002]"));
    CHECK(stage.machine.acted.empty());
}

TEST_CASE("commands: apply as JSON has the same keys however it ends") {
    const std::vector<std::string> keys{"schema",  "site",   "result", "generation", "proven",  "hold",
                                        "actions", "verify", "error",  "faults",     "leftover"};
    Stage good;
    const auto committed = Json::parse(good.run({"apply", "--yes", "--json"}).out);
    CHECK(keys_of(committed) == keys);
    CHECK(committed["result"] == "committed");
    CHECK(committed["generation"] == 1);
    CHECK(committed["verify"]["result"] == "pass");
    CHECK(committed["error"].is_null());
    CHECK(Json::parse(good.run({"apply", "--yes", "--json"}).out)["result"] == "unchanged");

    Stage bad;
    fail_at_the_gateway(bad.ladder);
    const auto ended = bad.run({"apply", "--yes", "--json"});
    const auto back = Json::parse(ended.out);
    CHECK(keys_of(back) == keys);
    CHECK(back["result"] == "rolled_back");
    CHECK(back["verify"]["result"] == "fail");
    CHECK(back["error"]["code"] == "IKE001");
    // The person at the other stream is told, too.
    CHECK(has(ended.err, "error[IKE001]"));
    for (const auto& text : {committed.dump(), back.dump()})
        CHECK_FALSE(has(text, canary));
}

TEST_CASE("commands: verify is the contract's record") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    const auto passed = stage.run({"verify", "--json"});
    CHECK(passed.exit == Exit::done);
    auto json = Json::parse(passed.out);
    CHECK(keys_of(json) == std::vector<std::string>{"schema", "result", "site", "generation", "checks"});
    CHECK(json["result"] == "pass");
    CHECK(json["generation"] == 1);
    CHECK(json["checks"].size() == 2);

    fail_at_the_gateway(stage.ladder);
    const auto failed = stage.run({"verify", "--json"});
    CHECK(failed.exit == Exit::rolled_back);
    CHECK(Json::parse(failed.out)["result"] == "fail");
}

TEST_CASE("commands: an interrupted verify is no pass") {
    Stage stage;
    stage.cancel.request();
    const auto ended = stage.run({"verify"});
    CHECK(ended.exit == Exit::interrupted);
    CHECK(has(ended.err, "error[USE002]"));
}

TEST_CASE("commands: the same remedy is told once") {
    Stage stage;
    fail_at_the_gateway(stage.ladder);
    fail_at_the_gateway(stage.ladder);
    const auto text = stage.run({"verify"}).out;
    CHECK(text.find("to do:") == text.rfind("to do:"));
    CHECK(has(text, "IKE001 (gateway.reach): cause and remedy as above"));
}

TEST_CASE("commands: remove takes all away, and removing twice is as good") {
    Stage stage;
    const auto before = stage.machine.state;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    const auto ended = stage.run({"remove", "--yes"});
    CHECK(ended.exit == Exit::done);
    CHECK(has(ended.out, "Everything that eligate made is gone."));
    CHECK(stage.machine.state == before);
    const auto again = stage.run({"remove", "--yes", "--json"});
    CHECK(again.exit == Exit::done);
    CHECK(Json::parse(again.out)["result"] == "unchanged");
}
