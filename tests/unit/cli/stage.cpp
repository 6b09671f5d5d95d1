// SPDX-License-Identifier: Apache-2.0
#include "stage.hpp"

#include "cli/run.hpp"
#include "support/source_dir.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace eligate::cli::test {

Stage::Stage()
    : disk(eligate::test::good_disk(ELIGATE_SOURCE_DIR)) {
    plan::put(desired, plan::File{.path = "/etc/strongswan.d/zz-eligate.conf",
                                  .mode = 0644,
                                  .content = base::Secret(std::string_view("charon {\n}\n")),
                                  .sensitive = false,
                                  .reader = plan::Reader::charon_settings});
    plan::put(desired, plan::File{.path = "/etc/swanctl/conf.d/eligate.conf",
                                  .mode = 0600,
                                  .content = base::Secret(std::string_view(canary)),
                                  .sensitive = true,
                                  .reader = plan::Reader::none});
    plan::put(desired, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    plan::put(machine.state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"});
    plan::put(desired, plan::SharedSecret{.id = "eligate-psk",
                                          .type = plan::SharedType::ike,
                                          .owners = {"fqdn:gw.example.net"},
                                          .secret = base::Secret(std::string_view(canary))});
    preflight.checks = {check("link.wan", verify::Status::pass, catalog::Party::line, "WAN link")};
    ladder.checks = {check("link.wan", verify::Status::pass, catalog::Party::line, "WAN link"),
                     check("ike.established", verify::Status::pass, catalog::Party::provider, "IKE_SA")};
}

Engine Stage::engine() {
    return {
        .disk = disk.disk(),
        .shelves = eligate::test::shelves(),
        .now = [] { return eligate::test::a_good_day; },
        .who = [] { return std::string("taro (192.168.1.5)"); },
        .peer = [this] { return peer; },
        .appliance = [this]() -> base::Result<Appliance> {
            if (appliance_error)
                return base::Unexpected(*appliance_error);
            return Appliance{
                .adapters = nullptr,
                .machine = machine,
                .store = store,
                .deadline = deadline,
                .system_log = system_log,
                .readiness = [this](const profile::Settled&) { return faults; },
                .first_room = [this] { return room_faults; },
                .goal = [this](const profile::Settled& settled,
                               verify::Observer& observer) -> base::Result<apply::Goal> {
                    if (goal_error)
                        return base::Unexpected(*goal_error);
                    const auto climbed = [&observer](const verify::Report& report) {
                        for (const auto& rung : report.checks) {
                            observer.started(rung.id, rung.title);
                            observer.finished(rung);
                        }
                        return report;
                    };
                    return apply::Goal{
                        .desired = desired,
                        .profile_id = settled.profile_id,
                        .revision = settled.revision,
                        .clinic = settled.clinic,
                        .preflight = [this, climbed] { return climbed(preflight); },
                        .prove = [this, climbed](const verify::Report&) { return climbed(ladder); }};
                },
                .canonical_firewall = [](const std::string& text) { return base::Result<std::string>(text); },
                .trace =
                    [](const plan::Resource& committed) {
                        return std::holds_alternative<plan::File>(committed)
                                   ? std::optional(port::Trace{.at = 1'760'000'000, .owner = "root"})
                                   : std::nullopt;
                    },
                .list_sas = [this] { return base::Result<std::vector<vici::IkeSa>>(sas); }};
        }};
}

Ended Stage::run(std::initializer_list<std::string> arguments) {
    std::vector<std::string> line{"--site", "site.toml", "--secrets", "secrets.toml"};
    line.insert(line.end(), arguments);
    std::ostringstream out;
    std::ostringstream err;
    const Console console{.out = out,
                          .err = err,
                          .in_terminal = terminal,
                          .out_terminal = terminal,
                          .err_terminal = terminal,
                          .environment = {.lc_all = "C", .lc_messages = "", .lang = "", .term = "dumb"},
                          .read_line = [this]() -> std::optional<std::string> {
                              before_answer();
                              if (answers.empty())
                                  return std::nullopt;
                              auto answer = answers.front();
                              answers.erase(answers.begin());
                              return answer;
                          }};
    auto all = engine();
    const auto exit = cli::run(line, console, all, cancel);
    return {.exit = exit, .out = out.str(), .err = err.str()};
}

verify::Check check(const char* id, verify::Status status, catalog::Party party, const char* title,
                    std::optional<base::Code> code) {
    verify::Check check;
    check.id = id;
    check.status = status;
    check.party = party;
    check.title = base::msg(title);
    check.millis = std::chrono::milliseconds(12);
    check.code = code;
    if (code) {
        check.what = base::msg("nobody answers");
        check.evidence = {{"gateway", "203.0.113.11"}};
    }
    return check;
}

vici::IkeSa live_tunnel() {
    vici::IkeSa sa;
    sa.name = "eligate-1";
    sa.state = "ESTABLISHED";
    sa.remote_host = "203.0.113.11";
    sa.remote_id = "gw.example.net";
    sa.established = std::chrono::minutes(83);
    sa.local_vips = {"10.200.1.10"};
    vici::ChildSa child;
    child.name = "eligate";
    child.state = "INSTALLED";
    child.algorithms.encryption = "AES_GCM_16";
    child.algorithms.key_bits = 256;
    child.in = {.bytes = 1'234'567, .packets = 1000, .idle = std::chrono::seconds(3)};
    child.out = {.bytes = 999, .packets = 7, .idle = std::nullopt};
    child.remote_ts = {"10.0.0.0/8"};
    sa.children = {child};
    return sa;
}

std::vector<std::string> keys_of(const nlohmann::ordered_json& json) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items())
        keys.push_back(key);
    return keys;
}

} // namespace eligate::cli::test
