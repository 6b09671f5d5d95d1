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

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::vector<std::string> keys_of(const Json& json) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items())
        keys.push_back(key);
    return keys;
}

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

TEST_CASE("commands: plan as JSON") {
    Stage stage;
    const auto json = Json::parse(stage.run({"plan", "--json"}).out);
    CHECK(keys_of(json) == std::vector<std::string>{"schema", "result", "site", "generation", "unfinished",
                                                    "actions", "notes", "error", "faults"});
    CHECK(json["result"] == "changes");
    CHECK(json["generation"].is_null());
    CHECK(json["actions"].size() == 4);
    for (const auto& action : json["actions"])
        CHECK(keys_of(action) == std::vector<std::string>{"verb", "kind", "key", "text", "before", "after"});
    CHECK_FALSE(has(json.dump(), canary));
}

TEST_CASE("commands: plan says before anything happens what apply would stumble over") {
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
    const std::vector<std::string> keys{"schema", "site",  "result", "generation", "actions",
                                        "verify", "error", "faults", "leftover"};
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

TEST_CASE("commands: what the appliance cannot do is an error with exit code 1") {
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

TEST_CASE("commands: status before, with, and without a tunnel") {
    Stage stage;
    auto ended = stage.run({"status"});
    CHECK(ended.exit == Exit::failed);
    CHECK(has(ended.out, "Nothing has been applied"));

    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    stage.sas = {live_tunnel()};
    ended = stage.run({"status"});
    CHECK(ended.exit == Exit::done);
    for (const auto* const part : {"1 h 23 min ago", "203.0.113.11 (gw.example.net)", "10.200.1.10",
                                   "1.2 MB in 1000 packets, the last one 3 s ago", "999 B in 7 packets",
                                   "AES_GCM_16-256", "The tunnel is up."}) {
        CAPTURE(part, ended.out);
        CHECK(has(ended.out, part));
    }

    stage.sas.clear();
    ended = stage.run({"status"});
    CHECK(ended.exit == Exit::failed);
    CHECK(has(ended.out, "The tunnel is down."));
}

TEST_CASE("commands: status passes over other people's tunnels") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    auto foreign = live_tunnel();
    foreign.name = "head-office";
    stage.sas = {foreign};
    const auto json = Json::parse(stage.run({"status", "--json"}).out);
    CHECK(json["result"] == "down");
    CHECK(json["tunnels"].empty());
}

TEST_CASE("commands: status tells what is not as eligate left it") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    stage.sas = {live_tunnel()};
    plan::put(stage.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    const auto ended = stage.run({"status"});
    CHECK(has(ended.out, "~ Set net.ipv4.ip_forward to 1"));
    CHECK(has(ended.out, "not everything is as eligate left it"));
    const auto json = Json::parse(stage.run({"status", "--json"}).out);
    CHECK(json["result"] == "drifted");
    CHECK(json["drift"].size() == 1);
    CHECK(json["tunnels"][0]["child"]["in"]["packets"] == 1000);
    CHECK(json["tunnels"][0]["child"]["out"]["idle_seconds"].is_null());
}

TEST_CASE("commands: status names what is gone in one line each, so that it stays one screen") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    stage.sas = {live_tunnel()};
    std::erase_if(stage.machine.state,
                  [](const auto& one) { return std::holds_alternative<plan::File>(one.second); });
    const auto ended = stage.run({"status"});
    CHECK(has(ended.out, "+ Write the file /etc/strongswan.d/zz-eligate.conf\n"));
    CHECK_FALSE(has(ended.out, "charon {"));
    CHECK(std::ranges::count(ended.out, '\n') < 24);
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

TEST_CASE("commands: a wrong site file stops all who need it before they look at the machine") {
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

TEST_CASE("commands: everything that is in the way is told at once, and nothing is looked at twice") {
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

TEST_CASE("commands: a first apply without strongSwan still learns that it could not write") {
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

TEST_CASE("commands: what looking found already is not told again by comparing") {
    Stage stage;
    stage.faults = {{.code = catalog::code::dataplane_missing, .what = base::msg("no dataplane")}};
    stage.goal_error = base::Error{.code = catalog::code::dataplane_missing, .what = base::msg("again")};
    const auto json = Json::parse(stage.run({"apply", "--yes", "--json"}).out);
    CHECK(json["faults"].size() == 1);
}

TEST_CASE("commands: an interruption while looking is one") {
    Stage stage;
    stage.faults = {{.code = catalog::code::ike_port_in_use, .what = base::msg("held")},
                    {.code = catalog::code::interrupted, .what = base::msg("stopped")}};
    CHECK(stage.run({"plan"}).exit == Exit::interrupted);
}

TEST_CASE("commands: restore says what it put back, nothing where all stands, and keeps its record") {
    Stage stage;
    CHECK(Json::parse(stage.run({"restore", "--json"}).out)["result"] == "no_record");
    REQUIRE(stage.run({"apply", "--yes"}).exit == Exit::done);
    const auto quiet = stage.run({"restore"});
    CHECK(quiet.exit == Exit::done);
    CHECK(quiet.out.empty());
    CHECK(quiet.err.empty());
    stage.terminal = true;
    CHECK(has(stage.run({"restore"}).out, "stand as eligate left them"));
    stage.terminal = false;

    plan::put(stage.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    const auto ended = stage.run({"restore"});
    CHECK(ended.exit == Exit::done);
    CHECK(has(ended.out, "Set net.ipv4.ip_forward to 1"));
    plan::put(stage.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    const auto json = Json::parse(stage.run({"restore", "--json"}).out);
    CHECK(keys_of(json) == std::vector<std::string>{"schema", "result", "generation", "unfinished", "actions",
                                                    "leftover", "error"});
    CHECK(json["result"] == "restored");
    CHECK(json["generation"] == 1);
    CHECK(json["actions"].size() == 1);

    plan::put(stage.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    stage.store.locked = true;
    CHECK(stage.run({"restore"}).exit == Exit::done);
    stage.store.locked = false;
    stage.machine.fails_at = stage.machine.acted.size();
    stage.machine.stays_broken = true;
    const auto failed = stage.run({"restore"});
    CHECK(failed.exit == Exit::rollback_incomplete);
    CHECK(has(failed.err, "SYS030"));
    CHECK(has(failed.out, "sysctl -w net.ipv4.ip_forward=1"));
}
