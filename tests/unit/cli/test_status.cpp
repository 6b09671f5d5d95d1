// SPDX-License-Identifier: Apache-2.0
/// What stands and what came back: status and restore, on a machine in memory.
#include "stage.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::cli;
using namespace eligate::cli::test;
using catalog::Exit;
using Json = nlohmann::ordered_json;

TEST_CASE("status before, with, and without a tunnel") {
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

TEST_CASE("status passes over other people's tunnels") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    auto foreign = live_tunnel();
    foreign.name = "head-office";
    stage.sas = {foreign};
    const auto json = Json::parse(stage.run({"status", "--json"}).out);
    CHECK(json["result"] == "down");
    CHECK(json["tunnels"].empty());
}

TEST_CASE("status tells what is not as eligate left it") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    stage.sas = {live_tunnel()};
    plan::put(stage.machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    const auto ended = stage.run({"status"});
    CHECK(has(ended.out, "Changed by somebody else since generation 1 ("));
    CHECK(has(ended.out, "  sysctl net.ipv4.ip_forward was changed\n"));
    CHECK(has(ended.out, "not everything is as eligate left it"));
    const auto json = Json::parse(stage.run({"status", "--json"}).out);
    CHECK(json["result"] == "drifted");
    REQUIRE(json["drift"].size() == 1);
    CHECK(json["drift"][0]["key"] == "sysctl net.ipv4.ip_forward");
    CHECK(json["drift"][0]["since"].is_null());
    CHECK(json["tunnels"][0]["child"]["in"]["packets"] == 1000);
    CHECK(json["tunnels"][0]["child"]["out"]["idle_seconds"].is_null());
}

TEST_CASE("status names what is gone in one line each, so that it stays one screen") {
    Stage stage;
    CHECK(stage.run({"apply", "--yes"}).exit == Exit::done);
    stage.sas = {live_tunnel()};
    std::erase_if(stage.machine.state,
                  [](const auto& one) { return std::holds_alternative<plan::File>(one.second); });
    const auto ended = stage.run({"status"});
    CHECK(has(ended.out, "  file /etc/strongswan.d/zz-eligate.conf is gone, since 2025-10-09"));
    CHECK_FALSE(has(ended.out, "charon {"));
    CHECK(std::ranges::count(ended.out, '\n') < 24);
}

TEST_CASE("restore says what it put back, nothing where all stands, and keeps its record") {
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
    CHECK(keys_of(json) == std::vector<std::string>{"schema", "result", "generation", "unfinished", "held",
                                                    "tunnel", "actions", "leftover", "error"});
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
