// SPDX-License-Identifier: Apache-2.0
#include "cli/view/by_hand.hpp"
#include "cli/view/difference.hpp"
#include "cli/view/outcome.hpp"
#include "cli/view/standing.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace eligate;
using namespace eligate::cli;

namespace {

std::string shown(std::string_view before, std::string_view after) {
    std::string out;
    for (const auto& line : difference(lines_of(before), lines_of(after))) {
        using enum DifferenceLine::Kind;
        const auto* const sign = line.kind == same      ? " "
                                 : line.kind == added   ? "+"
                                 : line.kind == removed ? "-"
                                                        : ".";
        out += sign + line.text + "\n";
    }
    return out;
}

plan::Action removal(plan::Resource resource) {
    return {.before = std::move(resource), .after = std::nullopt};
}

plan::Action creation(plan::Resource resource) {
    return {.before = std::nullopt, .after = std::move(resource)};
}

plan::File file(const char* path) {
    plan::File file;
    file.path = path;
    return file;
}

plan::Rule rule(std::uint32_t priority, plan::RuleAction action, std::uint32_t target,
                std::optional<net::Prefix> to = std::nullopt) {
    plan::Rule rule;
    rule.priority = priority;
    rule.action = action;
    rule.target = target;
    rule.to = to;
    return rule;
}

plan::Route route() {
    return {
        .table = 8470, .destination = *net::Prefix::parse("10.20.0.0/16"), .device = "ipsec0", .metric = 10};
}

} // namespace

TEST_CASE("difference: only what changes, with two lines around it") {
    CHECK(shown("a\nb\nc\n", "a\nb\nc\n") == ".\n");
    CHECK(shown("", "a\nb\n") == "+a\n+b\n");
    CHECK(shown("a\nb\n", "") == "-a\n-b\n");
    CHECK(shown("a\nb\nc\n", "a\nX\nc\n") == " a\n-b\n+X\n c\n");
    CHECK(shown("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n") ==
          ".\n 3\n 4\n-5\n+X\n 6\n 7\n.\n");
    CHECK(shown("a\nc\n", "a\nb\nc\n") == " a\n+b\n c\n");
    CHECK(shown("x", "x\n\n") == " x\n+\n");
}

TEST_CASE("difference: added and removed lines rebuild both texts") {
    const std::string before = "a\nb\nc\nd\ne\nf\nc\n";
    const std::string after = "c\nb\na\nd\nf\nx\nc\n";
    std::string old_text;
    std::string new_text;
    for (const auto& line : difference(lines_of(before), lines_of(after))) {
        using enum DifferenceLine::Kind;
        if (line.kind != added)
            old_text += line.text + "\n";
        if (line.kind != removed)
            new_text += line.text + "\n";
    }
    CHECK(old_text == before);
    CHECK(new_text == after);
}

TEST_CASE("difference: very long texts cost no more than their length") {
    std::string before;
    std::string after;
    for (int i = 0; i < 20'000; ++i) {
        before += "old " + std::to_string(i) + "\n";
        after += "new " + std::to_string(i) + "\n";
    }
    CHECK(difference(lines_of(before), lines_of(after)).size() == 40'000);
}

TEST_CASE("by hand: commands that undo or redo exactly one thing") {
    CHECK(by_hand(removal(plan::FirewallTable{})) == "nft delete table inet eligate");
    CHECK(by_hand(creation(plan::FirewallTable{})).empty());
    CHECK(by_hand(removal(file("/etc/swanctl/conf.d/eligate.conf"))) ==
          "rm /etc/swanctl/conf.d/eligate.conf");
    CHECK(by_hand(creation(plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"})) ==
          "sysctl -w net.ipv4.ip_forward=0");
    CHECK(by_hand(removal(route())) == "ip route del 10.20.0.0/16 dev ipsec0 table 8470 metric 10");
    const plan::Link link{.name = "eligate0", .if_id = 33904, .mtu = 1438};
    CHECK(by_hand(creation(link)) ==
          "ip link add eligate0 mtu 1438 type xfrm if_id 33904 && ip link set eligate0 up");
    CHECK(by_hand({.before = link, .after = link}) == "ip link set eligate0 mtu 1438 up");
    CHECK(by_hand(removal(link)) == "ip link del eligate0");
    auto unreachable = route();
    unreachable.type = plan::RouteType::unreachable;
    CHECK(by_hand(creation(unreachable)) == "ip route replace unreachable 10.20.0.0/16 table 8470 metric 10");
    CHECK(by_hand(removal(rule(211, plan::RuleAction::lookup, 8470))) ==
          "ip rule del priority 211 table 8470");
    CHECK(by_hand(creation(rule(213, plan::RuleAction::go_to, 221, net::Prefix::parse("10.0.0.0/8")))) ==
          "ip rule add priority 213 to 10.0.0.0/8 goto 221");
    plan::Tunnel tunnel;
    tunnel.name = "eligate";
    CHECK(by_hand(removal(tunnel)) == "swanctl --terminate --child eligate");
}

TEST_CASE("by hand: a name cannot become another command") {
    CHECK(by_hand(removal(file("/tmp/a b;reboot"))) == "rm '/tmp/a b;reboot'");
    CHECK(by_hand(removal(file("/tmp/it's"))) == "rm '/tmp/it'\\''s'");
}

TEST_CASE("outcome: the exit code says what became of the machine") {
    using apply::End;
    using catalog::Exit;
    const auto exit = [](End end, std::optional<base::Code> code = std::nullopt) {
        apply::Outcome outcome{.end = end};
        if (code)
            outcome.error = base::Error{.code = *code, .what = base::msg("x")};
        return exit_of(outcome);
    };
    CHECK(exit(End::unchanged) == Exit::done);
    CHECK(exit(End::committed) == Exit::done);
    CHECK(exit(End::untouched, catalog::code::charon_refused) == Exit::failed);
    CHECK(exit(End::rolled_back, catalog::code::charon_refused) == Exit::rolled_back);
    CHECK(exit(End::incomplete, catalog::code::charon_refused) == Exit::rollback_incomplete);
    CHECK(exit(End::untouched, catalog::code::interrupted) == Exit::interrupted);
    CHECK(exit(End::rolled_back, catalog::code::interrupted) == Exit::interrupted);
    // What is left to do by hand is more important than why it was stopped.
    CHECK(exit(End::incomplete, catalog::code::interrupted) == Exit::rollback_incomplete);
}

TEST_CASE("outcome: what is left is told as numbered steps with their commands") {
    apply::Outcome outcome{.end = apply::End::incomplete};
    outcome.leftover = {removal(route()), removal(plan::FirewallTable{})};
    CHECK(render_leftover(outcome.leftover, {}) ==
          "  1. Remove the route for 10.20.0.0/16 (ipsec0)\n"
          "     ip route del 10.20.0.0/16 dev ipsec0 table 8470 metric 10\n"
          "  2. Remove the firewall table inet eligate\n"
          "     nft delete table inet eligate\n");
}

TEST_CASE("standing: durations, amounts and times") {
    using std::chrono::seconds;
    const auto text = [](std::int64_t s) { return base::english(duration(seconds(s))); };
    CHECK(text(-5) == "0 s");
    CHECK(text(59) == "59 s");
    CHECK(text(60) == "1 min");
    CHECK(text(3600 + 120) == "1 h 2 min");
    CHECK(text(90'000) == "1 d 1 h");
    CHECK(amount(0) == "0 B");
    CHECK(amount(999) == "999 B");
    CHECK(amount(1000) == "1.0 kB");
    CHECK(amount(1'234'567) == "1.2 MB");
    CHECK(utc(0) == "1970-01-01T00:00:00Z");
    CHECK(utc(1'791'165'600) == "2026-10-05T02:00:00Z");
}
