// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

namespace {

using namespace eligate;
using port::NameAnswer;
using verify::Status;
namespace code = catalog::code;

} // namespace

TEST_CASE("link.wan: missing, off, unplugged and without address are told apart") {
    test::World world;
    CHECK(world.run("link.wan").status == Status::pass);
    auto& wan = world.links.links["wan0"];
    wan.addresses = {test::address("169.254.3.4"), test::address("fe80::1")};
    CHECK(world.run("link.wan").code == code::link_without_address);
    wan.carrier = false;
    CHECK(world.run("link.wan").code == code::link_down);
    wan.up = false;
    CHECK(world.run("link.wan").code == code::link_down);
    world.links.links.erase("wan0");
    const auto finding = world.run("link.wan");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::link_missing);
    CHECK(test::evidence(finding, "interface") == "wan0");
}

TEST_CASE("clock: an impossible date fails, an undisciplined clock warns") {
    test::World world;
    CHECK(world.run("clock").status == Status::pass);
    world.clock.disciplined = false;
    CHECK(world.run("clock").status == Status::warn);
    CHECK(world.run("clock").code == code::clock_unsynchronised);
    world.clock.time = {};
    const auto finding = world.run("clock");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::clock_wrong);
    CHECK(test::evidence(finding, "date (UTC)") == "1970-01-01");
}

TEST_CASE("gateway.resolve: each way of not knowing a name has its own code and party") {
    test::World world;
    world.sas.clear();
    const std::vector<std::pair<NameAnswer, base::Code>> cases{
        {NameAnswer::no_such_name, code::gateway_name_unknown},
        {NameAnswer::no_address, code::gateway_name_unknown},
        {NameAnswer::bad_name, code::gateway_name_unknown},
        {NameAnswer::server_failure, code::line_dns_failure},
        {NameAnswer::no_answer, code::line_dns_silent},
        {NameAnswer::no_resolver, code::line_dns_missing}};
    for (const auto& [answer, expected] : cases) {
        for (auto& [host, resolution] : world.names.known)
            resolution = {.answer = answer};
        const auto finding = world.run("gateway.resolve");
        CHECK(finding.status == Status::fail);
        CHECK(finding.code == expected);
        CHECK(test::evidence(finding, "dns servers") == "192.168.3.1");
    }
}

TEST_CASE("gateway.resolve: one name of two only warns") {
    test::World world;
    world.names.known.erase("vpn2.example.net");
    const auto finding = world.run("gateway.resolve");
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::gateway_name_unknown);
    CHECK(test::evidence(finding, "vpn2.example.net") == "NXDOMAIN");
    CHECK(test::evidence(finding, "vpn1.example.net") == "203.0.113.11");
}

TEST_CASE("gateway.resolve: a tunnel that stands outlives the line's DNS, so it only warns") {
    test::World world;
    world.names.known.clear();
    CHECK(world.run("gateway.resolve").status == Status::warn);
    CHECK(world.run("gateway.reach").status == Status::unknown);
    CHECK(world.climb().passed());
}
