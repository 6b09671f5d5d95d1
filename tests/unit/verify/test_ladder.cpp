// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

#include <algorithm>

namespace {

using namespace eligate;
using verify::Status;

std::vector<std::string> ids(const std::vector<verify::Rung>& ladder) {
    std::vector<std::string> out;
    out.reserve(ladder.size());
    for (const auto& rung : ladder)
        out.push_back(rung.id);
    return out;
}

const verify::Rung& rung(const std::vector<verify::Rung>& ladder, const std::string& id) {
    const auto found = std::ranges::find(ladder, id, &verify::Rung::id);
    REQUIRE(found != ladder.end());
    return *found;
}

} // namespace

TEST_CASE("ladder: the rungs stand in the contract's order") {
    test::World world;
    CHECK(ids(verify::build_ladder(world.settled, world.expectation(), world.ports())) ==
          std::vector<std::string>{
              "link.wan", "clock", "gateway.resolve", "gateway.reach", "ike.established", "child.installed",
              "child.selectors", "address.assigned", "route.destinations", "route.default", "firewall.loaded",
              "esp.both-ways", "mtu.path", "dns.pweb.base.oqs-pdl.org", "ntp.ntp.base.oqs-pdl.org",
              "proxy.proxy.base.oqs-pdl.org", "tcp.hweb.oqs.onshikaku.org", "tls.hweb.oqs.onshikaku.org"});
}

TEST_CASE("ladder: needs name rungs that stand lower, so nothing waits for ever") {
    test::World world;
    const auto ladder = verify::build_ladder(world.settled, world.expectation(), world.ports());
    const auto names = ids(ladder);
    for (std::size_t i = 0; i < ladder.size(); ++i)
        for (const auto& need : ladder[i].needs)
            CHECK(std::ranges::find(names, need) - names.begin() < static_cast<std::ptrdiff_t>(i));
}

TEST_CASE("ladder: a healthy appliance passes every rung") {
    test::World world;
    for (const auto& check : world.climb().checks) {
        INFO(check.id << ": " << base::english(check.what));
        CHECK(check.status == Status::pass);
        CHECK_FALSE(check.title.empty());
        CHECK(check.what.empty());
    }
}

TEST_CASE("ladder: without an assigned address there is no such rung, and nothing needs it") {
    test::World world;
    world.settled.address = profile::AddressMode::routed;
    const auto ladder = verify::build_ladder(world.settled, world.expectation(), world.ports());
    CHECK(std::ranges::find(ladder, "address.assigned", &verify::Rung::id) == ladder.end());
    CHECK(world.climb().passed());
}

TEST_CASE("ladder: the same check of two services is made once, another port of a host has its own rung") {
    test::World world;
    world.settled.services.push_back(
        {.id = "billing",
         .name = {},
         .checks = {profile::DnsCheck{.name = "pweb.base.oqs-pdl.org", .large_reply = false},
                    profile::TlsCheck{
                        .host = "hweb.oqs.onshikaku.org", .port = 443, .client_certificate_requested = {}},
                    profile::TlsCheck{
                        .host = "hweb.oqs.onshikaku.org", .port = 8443, .client_certificate_requested = {}},
                    profile::TlsCheck{.host = "hweb.oqs.onshikaku.org",
                                      .port = 8443,
                                      .client_certificate_requested = {}}}});
    const auto names = ids(verify::build_ladder(world.settled, world.expectation(), world.ports()));
    CHECK(std::ranges::count(names, "dns.pweb.base.oqs-pdl.org") == 1);
    CHECK(std::ranges::count(names, "tls.hweb.oqs.onshikaku.org") == 1);
    CHECK(std::ranges::count(names, "tls.hweb.oqs.onshikaku.org:8443") == 1);
}

TEST_CASE("ladder: a host whose name is a rung of its own waits for that") {
    test::World world;
    world.settled.services.front().checks.emplace_back(profile::DnsCheck{.name = "hweb.oqs.onshikaku.org"});
    const auto ladder = verify::build_ladder(world.settled, world.expectation(), world.ports());
    CHECK(std::ranges::count(rung(ladder, "tls.hweb.oqs.onshikaku.org").needs,
                             "dns.hweb.oqs.onshikaku.org") == 1);
}

TEST_CASE("ladder: the preflight asks the line only") {
    test::World world;
    auto ports = world.ports();
    bool asked = false;
    ports.list_sas = [&asked] {
        asked = true;
        return base::Result<std::vector<vici::IkeSa>>();
    };
    const auto ladder = verify::build_preflight(world.settled, world.expectation(), ports);
    CHECK(ids(ladder) == std::vector<std::string>{"link.wan", "clock", "gateway.resolve", "gateway.reach"});
    world.wire.on_udp = [](const auto&) { return test::silence(); };
    const base::Cancel cancel;
    for (const auto& each : ladder)
        (void)each.run({.deadline = std::chrono::steady_clock::now() + each.deadline, .cancel = &cancel});
    CHECK_FALSE(asked);
}

TEST_CASE("ladder: a blocked line skips everything above it, but not what is local") {
    test::World world;
    world.sas.clear();
    world.wire.on_udp = [](const auto&) { return test::silence(); };
    const auto report = world.climb();
    REQUIRE(report.first_failure() != nullptr);
    CHECK(report.first_failure()->id == "gateway.reach");
    for (const auto& check : report.checks) {
        if (check.id == "ike.established" || check.id == "esp.both-ways" || check.id.starts_with("tls."))
            CHECK(check.status == Status::skip);
        if (check.id == "firewall.loaded" || check.id == "route.default")
            CHECK(check.status == Status::pass);
    }
}

TEST_CASE("ladder: strongSwan that does not answer is a failure with its own code") {
    test::World world;
    auto ports = world.ports();
    ports.list_sas = [] {
        return base::Result<std::vector<vici::IkeSa>>(
            base::fail(catalog::code::charon_unreachable, base::msg("gone")));
    };
    const base::Cancel cancel;
    for (const auto& each : verify::build_ladder(world.settled, world.expectation(), ports))
        if (each.id == "ike.established") {
            const auto finding =
                each.run({.deadline = std::chrono::steady_clock::now() + each.deadline, .cancel = &cancel});
            CHECK(finding.status == Status::fail);
            CHECK(finding.code == catalog::code::charon_unreachable);
        }
}
