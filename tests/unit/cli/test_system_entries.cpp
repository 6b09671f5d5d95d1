// SPDX-License-Identifier: Apache-2.0
/// What stands in the machine's own log after each command.
#include "stage.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace eligate;
using namespace eligate::cli::test;
using port::LogEntry;
using port::Priority;
using verify::Status;

namespace {

std::string field(const LogEntry& entry, std::string_view name) {
    const auto found = std::ranges::find(entry.fields, name, &std::pair<std::string, std::string>::first);
    return found == entry.fields.end() ? std::string() : found->second;
}

LogEntry only(Stage& stage) {
    REQUIRE(stage.system_log.entries.size() == 1);
    auto entry = stage.system_log.entries.front();
    stage.system_log.entries.clear();
    for (const auto& [name, value] : entry.fields)
        CHECK(value.find(canary) == std::string::npos);
    CHECK(entry.text.find(canary) == std::string::npos);
    CHECK(entry.message_id.size() == 32);
    return entry;
}

} // namespace

TEST_CASE("system log: a commit, and nothing for what changes nothing") {
    Stage stage;
    stage.run({"plan"});
    stage.run({"status"});
    CHECK(stage.system_log.entries.empty());
    stage.run({"apply", "--yes"});
    const auto entry = only(stage);
    CHECK(entry.priority == Priority::notice);
    CHECK(field(entry, "ELIGATE_GENERATION") == "1");
    CHECK(field(entry, "ELIGATE_PROFILE") == "example-psk");
    CHECK(field(entry, "ELIGATE_CODE").empty());
    stage.run({"apply", "--yes"});
    stage.run({"restore"});
    stage.run({"verify"});
    CHECK(stage.system_log.entries.empty());
    stage.run({"remove", "--yes"});
    CHECK(field(only(stage), "ELIGATE_GENERATION") == "1");
}

TEST_CASE("system log: what was put back, with code, check and party, in English") {
    Stage stage;
    stage.run({"apply", "--yes"});
    stage.system_log.entries.clear();
    plan::put(stage.desired, plan::Sysctl{.name = "net.ipv4.conf.all.rp_filter", .value = "2"});
    stage.ladder.checks.push_back(check("gateway.reach", Status::fail, catalog::Party::provider,
                                        "Gateways answer", catalog::code::charon_unreachable));
    stage.run({"apply", "--yes", "--lang", "ja"});
    const auto entry = only(stage);
    CHECK(entry.priority == Priority::warning);
    CHECK(entry.text == "apply failed, everything was put back: IKE001 strongSwan does not answer.");
    CHECK(field(entry, "ELIGATE_CODE") == "IKE001");
    CHECK(field(entry, "ELIGATE_CHECK") == "gateway.reach");
    CHECK(field(entry, "ELIGATE_PARTY") == "appliance");
    // What stands is what was committed before.
    CHECK(field(entry, "ELIGATE_GENERATION") == "1");
}

TEST_CASE("system log: what could not be put back is an error") {
    Stage stage;
    stage.ladder.checks.push_back(check("gateway.reach", Status::fail, catalog::Party::provider,
                                        "Gateways answer", catalog::code::charon_unreachable));
    // Everything works until the way back.
    stage.machine.fails_at = stage.desired.size();
    stage.machine.stays_broken = true;
    stage.run({"apply", "--yes"});
    CHECK(only(stage).priority == Priority::error);
}

TEST_CASE("system log: each failed check of verify, with the party that the check names") {
    Stage stage;
    stage.ladder.checks.push_back(
        check("dns.x", Status::fail, catalog::Party::centre, "DNS", catalog::code::charon_unreachable));
    stage.ladder.checks.push_back(check("tls.x", Status::skip, catalog::Party::centre, "TLS"));
    stage.run({"verify"});
    const auto entry = only(stage);
    CHECK(field(entry, "ELIGATE_CHECK") == "dns.x");
    CHECK(field(entry, "ELIGATE_PARTY") == "centre");
    CHECK(field(entry, "ELIGATE_GENERATION").empty());
}

TEST_CASE("system log: a restore that had something to do, or could not") {
    Stage stage;
    stage.run({"apply", "--yes"});
    stage.system_log.entries.clear();
    const plan::Sysctl off{.name = "net.ipv4.ip_forward", .value = "0"};
    plan::put(stage.machine.state, off);
    stage.run({"restore"});
    CHECK(only(stage).priority == Priority::notice);
    plan::put(stage.machine.state, off);
    stage.machine.fails_at = stage.machine.acted.size();
    stage.machine.stays_broken = true;
    stage.run({"restore"});
    const auto entry = only(stage);
    CHECK(entry.priority == Priority::error);
    CHECK(field(entry, "ELIGATE_CODE") == "SYS030");
}
