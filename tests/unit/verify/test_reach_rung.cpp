// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/world.hpp"

namespace {

using namespace eligate;
using verify::Status;
namespace code = catalog::code;

/// Before apply: no tunnel stands yet.
struct Site : test::World {
    Site() { sas.clear(); }
};

} // namespace

TEST_CASE("gateway.reach: a gateway that wants another group on both ports is a pass") {
    Site site;
    const auto finding = site.run("gateway.reach");
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "vpn1.example.net 203.0.113.11:4500") ==
          "INVALID_KE_PAYLOAD (group 20), 12 ms");
}

TEST_CASE("gateway.reach: a busy gateway's cookie is a pass") {
    Site site;
    site.wire.on_udp = [](const auto& request) {
        return test::answered(test::ike_notify(request, 16390, std::vector<std::uint8_t>(20, 1)));
    };
    CHECK(site.run("gateway.reach").status == Status::pass);
}

TEST_CASE("gateway.reach: silence on 500 and silence on 4500 are told apart") {
    Site site;
    site.wire.on_udp = [](const auto&) { return test::silence(); };
    CHECK(site.run("gateway.reach").code == code::udp500_blocked);
    site.wire.on_udp = [&site](const auto& request) {
        return request.to.port == 4500 ? test::silence() : site.healthy_udp(request);
    };
    const auto finding = site.run("gateway.reach");
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::udp4500_blocked);
    CHECK(base::english(finding.what) == "no answer from vpn1.example.net on UDP 4500");
    site.wire.on_udp = [&site](const auto& request) {
        return request.to.port == 500 ? test::silence() : site.healthy_udp(request);
    };
    CHECK(site.run("gateway.reach").code == code::udp500_blocked);
}

TEST_CASE("gateway.reach: an ICMP error is the gateway's or a router's") {
    Site site;
    site.wire.on_udp = [](const auto& request) { return test::icmp_from(request.to.address.text()); };
    CHECK(site.run("gateway.reach").code == code::gateway_refuses);
    site.wire.on_udp = [](const auto&) { return test::icmp_from("192.168.3.1"); };
    const auto finding = site.run("gateway.reach");
    CHECK(finding.code == code::path_refuses);
    CHECK(base::english(finding.what) == "192.168.3.1 on the way refuses UDP 500 to vpn1.example.net");
}

TEST_CASE("gateway.reach: no common proposal and no IKEv2 are the provider's") {
    Site site;
    site.wire.on_udp = [](const auto& request) { return test::answered(test::ike_notify(request, 14)); };
    CHECK(site.run("gateway.reach").code == code::gateway_no_proposal);
    site.wire.on_udp = [](const auto& request) { return test::answered(test::ike_notify(request, 5)); };
    CHECK(site.run("gateway.reach").code == code::gateway_not_ikev2);
}

TEST_CASE("gateway.reach: no way out of this machine is not the line's fault") {
    Site site;
    site.wire.on_udp = [](const auto&) {
        return port::UdpOutcome{.status = port::UdpStatus::unsendable, .reason = "Network is unreachable"};
    };
    CHECK(site.run("gateway.reach").code == code::no_way_to_gateway);
}

TEST_CASE("gateway.reach: one dead gateway of two warns and names it") {
    Site site;
    site.wire.on_udp = [&site](const auto& request) {
        return request.to.address == test::address("203.0.113.11") ? test::silence()
                                                                   : site.healthy_udp(request);
    };
    const auto finding = site.run("gateway.reach");
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::gateway_one_unusable);
    CHECK(base::english(finding.what) == "no answer from vpn1.example.net on UDP 500");
}

TEST_CASE("gateway.reach: what one gateway answers says more than another's silence") {
    Site site;
    site.wire.on_udp = [](const auto& request) {
        return request.to.address == test::address("203.0.113.11")
                   ? test::silence()
                   : test::answered(test::ike_notify(request, 14));
    };
    CHECK(site.run("gateway.reach").code == code::gateway_no_proposal);
}

TEST_CASE("gateway.reach: an answer to somebody else's request is no answer") {
    Site site;
    site.wire.on_udp = [](const auto& request) {
        auto bytes = test::ike_notify(request, 17, {0, 20});
        bytes[request.to.port == 4500 ? 4 : 0] ^= 0xff;
        return test::answered(bytes);
    };
    CHECK(site.run("gateway.reach").code == code::udp500_blocked);
}

TEST_CASE("gateway.reach: with the tunnel standing, an unanswered probe only warns") {
    test::World world;
    world.wire.on_udp = [&world](const auto& request) {
        return request.to.port == 53 || request.to.port == 123 ? world.healthy_udp(request) : test::silence();
    };
    const auto finding = world.run("gateway.reach");
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::gateway_ignores_probe);
}
