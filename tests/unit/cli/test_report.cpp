// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "cli/view/evidence.hpp"
#include "cli/view/report.hpp"
#include "cli/width.hpp"
#include "support/catch.hpp"
#include "translations.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::cli;
using catalog::Party;
using verify::Status;

namespace {

const Contact contact{
    .name = {.ja = "例示ネット", .en = "Example Net"}, .phone = "000-000-0000", .hours = "9:00-17:00"};

verify::Check check(const char* id, Status status, Party party, const char* title, int millis) {
    verify::Check check;
    check.id = id;
    check.status = status;
    check.party = party;
    check.title = base::msg(title);
    check.millis = std::chrono::milliseconds(millis);
    return check;
}

verify::Report report(Status status) {
    verify::Report report;
    report.checks.push_back(check("link.wan", Status::pass, Party::line, "the line is up", 3));
    auto second = check("ike.established", status, Party::provider, "the gateway knows us", 1204);
    if (status == Status::fail || status == Status::warn) {
        second.what = base::msg("nobody answers");
        second.evidence = {{"gateway", "203.0.113.11"}};
        second.code = catalog::code::charon_unreachable;
    }
    report.checks.push_back(second);
    return report;
}

std::string last_line(const std::string& text) {
    const auto end = text.find_last_not_of('\n');
    const auto begin = text.rfind('\n', end);
    return text.substr(begin + 1, end - begin);
}

} // namespace

TEST_CASE("report: a line has mark, title and time in columns") {
    const auto text = render(report(Status::pass), contact, {});
    CHECK(text.starts_with("  OK      the line is up" + std::string(52, ' ') + "3 ms\n"));
    CHECK(last_line(text) == "The tunnel carries traffic. Nothing is left to do here.");
}

TEST_CASE("report: below a failure stands all that a person needs; the last line says whose turn it is") {
    const auto text = render(report(Status::fail), contact, {});
    for (const auto* const part : {"FAIL", "nobody answers", "gateway: 203.0.113.11",
                                   "cause:", "to do:", "who:", "IKE001 (ike.established)"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
    CHECK(text.ends_with("First failure: the gateway knows us\n"
                         "Whose turn it is: the VPN provider\n"
                         "Call: Example Net, 000-000-0000 (9:00-17:00)\n"));
}

TEST_CASE("report: warnings pass, but are not passed over") {
    const auto text = render(report(Status::warn), contact, {});
    CHECK(text.find("WARN") != std::string::npos);
    CHECK(text.find("to do:") != std::string::npos);
    CHECK(last_line(text) == "The tunnel carries traffic. Look at the warnings before you leave.");
}

TEST_CASE("report: the count of each kind reads well whatever the numbers are") {
    CHECK(render(report(Status::warn), contact, {})
              .find("\nOK 1, warnings 1, failed 0, skipped 0, unknown 0\n") != std::string::npos);
}

TEST_CASE("report: what probes and kernel say is told in Japanese too; other values stay as they are") {
    test::load_japanese();
    const Style japanese{.language = base::Language::ja};
    CHECK(render(base::Evidence{{"gateway", "no answer"}}, 0, japanese).find("応答なし") !=
          std::string::npos);
    const auto refused = render(base::Evidence{{"reason", "Connection refused"}}, 0, japanese);
    CHECK(refused.find("接続を拒否された") != std::string::npos);
    CHECK(refused.find("Connection refused") != std::string::npos);
    CHECK(render(base::Evidence{{"log", "no answer from x"}}, 0, japanese).find("no answer from x") !=
          std::string::npos);
    CHECK(render(base::Evidence{{"reason", "Connection refused"}}, 0, {}) == "reason: Connection refused\n");
}

TEST_CASE("report: what was skipped took no time") {
    const auto text = render(report(Status::skip), contact, {});
    CHECK(text.find("  skipped the gateway knows us\n") != std::string::npos);
}

TEST_CASE("report: Japanese columns stand as straight as English ones") {
    test::load_japanese();
    const Style style{.language = base::Language::ja};
    for (const auto status : {Status::pass, Status::warn, Status::fail, Status::unknown}) {
        const auto line = render_line(check("x", status, Party::line, "error", 12), style);
        CHECK(line.ends_with(" 12 ms\n"));
        // The line's end is one column more that nobody sees.
        CHECK(width(line.substr(0, line.size() - 1)) == 80);
    }
}

TEST_CASE("report: as JSON exactly the contract's keys") {
    auto json = record();
    json["checks"] = checks_json(report(Status::fail), {});
    std::vector<std::string> keys;
    for (const auto& [key, value] : json["checks"][1].items())
        keys.push_back(key);
    CHECK(keys == std::vector<std::string>{"id", "status", "party", "title", "evidence", "millis", "code"});
    CHECK(json["checks"][0]["code"].is_null());
    CHECK(json["checks"][0]["evidence"] == Json::object());
    CHECK(json["checks"][1]["status"] == "fail");
    CHECK(json["checks"][1]["party"] == "provider");
    CHECK(json["checks"][1]["millis"] == 1204);
    CHECK(json["checks"][1]["code"] == "IKE001");
}
