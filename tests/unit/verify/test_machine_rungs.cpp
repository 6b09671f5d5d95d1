// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

#include <fmt/format.h>

namespace {

using namespace eligate;
using port::RouteType;
using verify::Status;
namespace code = catalog::code;

const port::RouteAnswer by_wan{.type = RouteType::unicast, .interface = "wan0"};
const port::RouteAnswer by_tunnel{.type = RouteType::unicast, .interface = "ipsec0"};

} // namespace

TEST_CASE("route.destinations: both ends of every destination go into the tunnel") {
    test::World world;
    const auto finding = world.run("route.destinations");
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "10.20.0.1") == "ipsec0 src 10.200.1.1");
    CHECK(test::evidence(finding, "10.20.255.254") == "ipsec0 src 10.200.1.1");
}

TEST_CASE("route.destinations: somebody's narrower route or an unreachable one fails") {
    test::World world;
    world.links.routes.insert(world.links.routes.begin(), {test::prefix("10.20.255.0/24"), by_wan});
    const auto finding = world.run("route.destinations");
    CHECK(finding.code == code::destination_not_routed);
    CHECK(base::english(finding.what) == "packets to 10.20.255.254 do not go into ipsec0 (they go: wan0)");
    world.links.routes.front() = {test::prefix("10.20.0.0/16"), {.type = RouteType::unreachable}};
    CHECK(world.run("route.destinations").status == Status::fail);
}

TEST_CASE("route.destinations: a single host and a /31 are looked up as they are") {
    test::World world;
    world.settled.destinations = {test::prefix("10.20.0.53/32"), test::prefix("10.20.0.54/31")};
    const auto finding = world.run("route.destinations");
    CHECK(finding.evidence.size() == 3);
    CHECK(test::evidence(finding, "10.20.0.55") == "ipsec0 src 10.200.1.1");
}

TEST_CASE("route.destinations: of many destinations some are shown, and always the one that goes astray") {
    test::World world;
    world.settled.destinations.clear();
    for (unsigned number = 0; number < 200; ++number)
        world.settled.destinations.push_back(test::prefix(fmt::format("10.20.{}.0/24", number)));
    const auto finding = world.run("route.destinations");
    CHECK(finding.status == Status::pass);
    CHECK(finding.evidence.size() == 64);
    world.links.routes.insert(world.links.routes.begin(), {test::prefix("10.20.150.0/24"), by_wan});
    const auto astray = world.run("route.destinations");
    CHECK(astray.code == code::destination_not_routed);
    CHECK(astray.evidence.size() == 65);
    CHECK(test::evidence(astray, "10.20.150.1") == "wan0");
}

TEST_CASE("route.default: the internet stays on the WAN") {
    test::World world;
    CHECK(world.run("route.default").status == Status::pass);
    world.links.default_->interface = "eth9";
    CHECK(world.run("route.default").code == code::default_route_elsewhere);
    CHECK(world.run("route.default").status == Status::warn);
    world.links.default_->interface = "ipsec0";
    CHECK(world.run("route.default").code == code::default_route_captured);
    world.links.default_.reset();
    CHECK(world.run("route.default").code == code::default_route_missing);
}

TEST_CASE("route.default: a rule that draws the internet or the gateway into the tunnel is found") {
    test::World world;
    world.links.routes.insert(world.links.routes.begin(), {test::prefix("203.0.113.0/24"), by_tunnel});
    const auto finding = world.run("route.default");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::default_route_captured);
    world.links.routes = {{test::prefix("0.0.0.0/0"), by_tunnel}};
    CHECK(world.run("route.default").status == Status::fail);
}

TEST_CASE("firewall.loaded: wanted, altered and unreadable") {
    test::World world;
    CHECK(world.run("firewall.loaded").status == Status::pass);
    world.firewall = false;
    CHECK(world.run("firewall.loaded").code == code::firewall_not_loaded);
    world.firewall = base::fail(code::program_failed, base::msg("nft"));
    const auto finding = world.run("firewall.loaded");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::program_failed);
}
