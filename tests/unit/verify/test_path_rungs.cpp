// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

namespace {

using namespace eligate;
using verify::Status;
namespace code = catalog::code;

port::UdpOutcome answered_up_to(unsigned size, unsigned packet) {
    return packet <= size ? test::answered({0}) : test::silence();
}

} // namespace

TEST_CASE("esp.both-ways: counters that move both ways are the proof") {
    test::World world;
    const auto finding = world.run("esp.both-ways");
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "packets out") == "1");
    CHECK(test::evidence(finding, "packets in") == "1");
}

TEST_CASE("esp.both-ways: nothing back is the provider's, nothing out is ours") {
    test::World world;
    world.wire.on_udp = [](const auto&) { return test::silence(); };
    world.wire.on_echo = [](const auto&) { return test::silence(); };
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{}; };
    CHECK(world.run("esp.both-ways").code == code::esp_one_way);
    world.wire.counts_out = false;
    CHECK(world.run("esp.both-ways").code == code::esp_nothing_sent);
}

TEST_CASE("esp.both-ways: a tunnel cut off by the line names the line, though charon still believes in it") {
    test::World world;
    world.wire.on_udp = [&world](const auto& request) {
        return request.to.port == 500 ? world.healthy_udp(request) : test::silence();
    };
    world.wire.on_echo = [](const auto&) { return test::silence(); };
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{}; };
    const auto report = world.climb();
    REQUIRE(report.first_failure() != nullptr);
    CHECK(report.first_failure()->id == "esp.both-ways");
    CHECK(report.first_failure()->code == code::udp4500_blocked);
    CHECK(report.first_failure()->party == catalog::Party::line);
    CHECK(base::english(report.first_failure()->what) == "no answer from vpn1.example.net on UDP 4500");
}

TEST_CASE("esp.both-ways: a dead DNS service is not a dead tunnel") {
    test::World world;
    SECTION("its host still answers ICMP") {
        world.wire.on_udp = [](const auto&) { return test::silence(); };
    }
    SECTION("only TCP comes back, with a reset") {
        world.wire.on_udp = [](const auto&) { return test::silence(); };
        world.wire.on_echo = [](const auto&) { return test::silence(); };
        world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{.status = port::TcpStatus::refused}; };
    }
    SECTION("it says that nothing listens") {
        world.wire.on_udp = [](const auto&) { return test::icmp_from("10.20.0.53"); };
    }
    CHECK(world.run("esp.both-ways").status == Status::pass);
}

TEST_CASE("esp.both-ways: an answer that the SA did not count came in the clear") {
    test::World world;
    world.wire.counts_in = false;
    world.wire.counts_out = false;
    const auto finding = world.run("esp.both-ways");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::reply_outside_tunnel);
}

TEST_CASE("esp.both-ways: without DNS servers the destinations themselves are asked") {
    test::World world;
    world.settled.dns_servers.clear();
    const auto finding = world.run("esp.both-ways");
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "asked") == "10.20.0.1");
}

TEST_CASE("mtu.path: the interface's whole packet passes") {
    test::World world;
    world.wire.on_echo = [](const auto& request) { return answered_up_to(1400, request.packet_size); };
    const auto finding = world.run("mtu.path");
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "largest packet") == "1400");
}

TEST_CASE("mtu.path: where echo is filtered, padded DNS questions measure") {
    test::World world;
    world.wire.on_echo = [](const auto&) { return test::silence(); };
    world.wire.on_udp = [](const auto& request) {
        CHECK((request.dont_fragment || request.to.port != 53));
        return answered_up_to(1320, static_cast<unsigned>(request.payload.size()) + 28);
    };
    const auto finding = world.run("mtu.path");
    // Any size below the interface's that is lost silently stalls connections.
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::path_mtu_small);
    CHECK(test::evidence(finding, "largest packet") == "1320");
}

TEST_CASE("mtu.path: a path below what is expected warns with the size") {
    test::World world;
    world.wire.on_echo = [](const auto& request) { return answered_up_to(1210, request.packet_size); };
    world.wire.on_udp = [](const auto&) { return test::silence(); };
    const auto finding = world.run("mtu.path");
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::path_mtu_small);
    CHECK(base::english(finding.what) ==
          "packets above 1200 bytes are lost on the way, but ipsec0 allows 1400");
}

TEST_CASE("mtu.path: an interface with somebody's own MTU warns") {
    test::World world;
    for (const unsigned mtu : {1000U, 1500U}) {
        world.links.links["ipsec0"].mtu = mtu;
        const auto finding = world.run("mtu.path");
        CHECK(finding.status == Status::warn);
        CHECK(finding.code == code::tunnel_mtu_odd);
    }
}

TEST_CASE("mtu.path: where nothing answers it is unknown, not a pass and not a failure") {
    test::World world;
    world.wire.on_echo = [](const auto&) { return test::silence(); };
    world.wire.on_udp = [](const auto&) { return test::silence(); };
    CHECK(world.run("mtu.path").status == Status::unknown);
    world.settled.dns_servers.clear();
    CHECK(world.run("mtu.path").status == Status::unknown);
}
