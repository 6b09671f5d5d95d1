// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "unit/verify/dns_server.hpp"
#include "unit/verify/ntp_server.hpp"
#include "unit/verify/world.hpp"
#include "verify/dns_message.hpp"

namespace {

using namespace eligate;
using verify::Status;
namespace code = catalog::code;

const std::string dns_id = "dns.pweb.base.oqs-pdl.org";
const std::string ntp_id = "ntp.ntp.base.oqs-pdl.org";
const std::string proxy_id = "proxy.proxy.base.oqs-pdl.org";
const std::string tcp_id = "tcp.hweb.oqs.onshikaku.org";

port::TcpOutcome tcp_dns(const port::TcpRequest& request, const test::DnsAnswer& answer) {
    return {.status = port::TcpStatus::answered,
            .payload = verify::framed(test::dns_reply(verify::unframed(request.payload), answer))};
}

void answer_dns(test::World& world, const test::DnsAnswer& answer) {
    world.wire.on_udp = [answer](const auto& request) {
        return test::answered(test::dns_reply(request.payload, answer));
    };
    world.wire.on_tcp = [answer](const auto& request) { return tcp_dns(request, answer); };
}

port::TcpOutcome http(const std::string& text) {
    return {.status = port::TcpStatus::answered, .payload = {text.begin(), text.end()}};
}

} // namespace

TEST_CASE("dns: a large answer over EDNS and over TCP passes, with its size as evidence") {
    test::World world;
    const auto finding = world.run(dns_id);
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "udp 10.20.0.53") == "NOERROR, 1479 bytes, 90 addresses, 12 ms");
    CHECK(test::evidence(finding, "tcp 10.20.0.53") == "NOERROR, 1479 bytes, 90 addresses, 0 ms");
}

TEST_CASE("dns: NXDOMAIN, an empty answer, SERVFAIL, refusal and silence are told apart") {
    test::World world;
    answer_dns(world, {.rcode = 3});
    CHECK(world.run(dns_id).code == code::dns_name_unknown);
    answer_dns(world, {});
    CHECK(world.run(dns_id).code == code::dns_name_unknown);
    answer_dns(world, {.rcode = 2});
    CHECK(world.run(dns_id).code == code::dns_failure);
    world.wire.on_udp = [](const auto&) { return test::icmp_from("10.20.0.53"); };
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{.status = port::TcpStatus::refused}; };
    CHECK(world.run(dns_id).code == code::dns_refused);
    world.wire.on_udp = [](const auto&) { return test::silence(); };
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{}; };
    const auto finding = world.run(dns_id);
    CHECK(finding.code == code::dns_silent);
    CHECK(finding.status == Status::fail);
}

TEST_CASE("dns: a large answer that only one transport brings warns") {
    test::World world;
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{.status = port::TcpStatus::refused}; };
    CHECK(world.run(dns_id).code == code::dns_large_tcp);
    test::World other;
    other.wire.on_udp = [](const auto&) { return test::silence(); };
    CHECK(other.run(dns_id).code == code::dns_large_udp);
    CHECK(other.run(dns_id).status == Status::warn);
    other.wire.on_udp = [](const auto& request) {
        return test::answered(test::dns_reply(request.payload, {.truncated = true}));
    };
    CHECK(other.run(dns_id).code == code::dns_large_udp);
}

TEST_CASE("dns: a server that answers what is small, but nothing large, is not called dead") {
    test::World world;
    world.wire.on_udp = [](const port::UdpRequest& request) {
        // The announced size stands eight bytes before the end of an empty EDNS record.
        const auto& bytes = request.payload;
        const bool small = bytes[bytes.size() - 8] == 2 && bytes[bytes.size() - 7] == 0;
        return small ? test::answered(test::dns_reply(bytes, {.truncated = true})) : test::silence();
    };
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{}; };
    const auto finding = world.run(dns_id);
    CHECK(finding.status == Status::fail);
    CHECK(finding.code == code::dns_large_lost);
    CHECK(test::evidence(finding, "udp up to 512 bytes 10.20.0.53") ==
          "NOERROR, 39 bytes, truncated, 0 addresses, 12 ms");
}

TEST_CASE("dns: an answer that is not large any more proves nothing about large ones") {
    test::World world;
    world.zone["pweb.base.oqs-pdl.org"] = 2;
    CHECK(world.run(dns_id).code == code::dns_not_large);
}

TEST_CASE("dns: an ordinary name goes over TCP only when the answer is cut off") {
    test::World world;
    world.settled.services.front().checks = {profile::DnsCheck{.name = "hweb.oqs.onshikaku.org"}};
    world.wire.on_tcp = [](const auto&) -> port::TcpOutcome { throw std::logic_error("not needed"); };
    CHECK(world.run("dns.hweb.oqs.onshikaku.org").status == Status::pass);
    world.zone["hweb.oqs.onshikaku.org"] = 300;
    world.wire.on_tcp = [&world](const auto& request) { return world.healthy_tcp(request); };
    CHECK(world.run("dns.hweb.oqs.onshikaku.org").status == Status::pass);
}

TEST_CASE("dns: one of two servers is enough, and the silent one is named") {
    test::World world;
    world.settled.dns_servers.push_back(test::address("10.20.0.54"));
    world.wire.on_udp = [&world](const auto& request) {
        return request.to.address == test::address("10.20.0.54") ? test::silence()
                                                                 : world.healthy_udp(request);
    };
    const auto finding = world.run(dns_id);
    CHECK(finding.status == Status::warn);
    CHECK(finding.code == code::dns_server_lags);
    CHECK(base::english(finding.what) ==
          "10.20.0.54 gave no address for pweb.base.oqs-pdl.org; another server did");
}

TEST_CASE("ntp: silence, an unsynchronised server and a wrong clock warn") {
    test::World world;
    CHECK(world.run(ntp_id).status == Status::pass);
    const auto healthy_dns = [&world](const auto& request) { return world.healthy_udp(request); };
    world.wire.on_udp = [&](const auto& request) {
        return request.to.port == 123 ? test::silence() : healthy_dns(request);
    };
    CHECK(world.run(ntp_id).status == Status::warn);
    CHECK(world.run(ntp_id).code == code::ntp_silent);
    unsigned stratum = 0;
    std::chrono::minutes ahead{0};
    world.wire.on_udp = [&](const auto& request) {
        return request.to.port == 123
                   ? test::answered(test::ntp_reply(request.payload, world.clock.time + ahead, stratum))
                   : healthy_dns(request);
    };
    CHECK(world.run(ntp_id).code == code::ntp_unsynchronised);
    stratum = 3;
    ahead = std::chrono::minutes(-6);
    const auto finding = world.run(ntp_id);
    CHECK(finding.code == code::clock_offset);
    CHECK(test::evidence(finding, "offset") == "-360000 ms");
    ahead = std::chrono::minutes(4);
    CHECK(world.run(ntp_id).status == Status::pass);
}

TEST_CASE("ntp: a host that does not resolve behind the tunnel fails with the DNS's code") {
    test::World world;
    world.zone.erase("ntp.base.oqs-pdl.org");
    CHECK(world.run(ntp_id).code == code::dns_name_unknown);
}

TEST_CASE("proxy: any HTTP answer proves that it lives") {
    test::World world;
    const auto finding = world.run(proxy_id);
    CHECK(finding.status == Status::pass);
    CHECK(test::evidence(finding, "http status") == "403");
    CHECK(test::evidence(finding, "asked") == "CONNECT hweb.oqs.onshikaku.org:443");
}

TEST_CASE("proxy: what is no HTTP, refuses or is silent fails, each with its code") {
    test::World world;
    port::TcpOutcome outcome;
    world.wire.on_tcp = [&outcome](const auto&) { return outcome; };
    for (const auto* const text : {"SSH-2.0-OpenSSH", "HTTP/2", "HTTP/1.1 OK!", "HTTP/1.1X200"}) {
        outcome = http(text);
        CHECK(world.run(proxy_id).code == code::proxy_not_http);
    }
    outcome = {.status = port::TcpStatus::silent};
    CHECK(world.run(proxy_id).code == code::proxy_not_http);
    outcome = {.status = port::TcpStatus::refused};
    CHECK(world.run(proxy_id).code == code::service_refused);
    outcome = {};
    CHECK(world.run(proxy_id).code == code::service_silent);
}

TEST_CASE("tcp: connected, refused and silent") {
    test::World world;
    CHECK(world.run(tcp_id).status == Status::pass);
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{.status = port::TcpStatus::refused}; };
    CHECK(world.run(tcp_id).code == code::service_refused);
    world.wire.on_tcp = [](const auto&) { return port::TcpOutcome{}; };
    CHECK(base::english(world.run(tcp_id).what) == "hweb.oqs.onshikaku.org does not answer on TCP 80");
}

TEST_CASE("tcp: an address needs no name, and names never go to the line's resolver") {
    test::World world;
    world.settled.services.front().checks = {profile::TcpCheck{.host = "10.20.1.10", .port = 80}};
    world.wire.on_udp = [](const auto&) -> port::UdpOutcome { throw std::logic_error("not needed"); };
    const base::Cancel cancel;
    for (const auto& rung : verify::build_ladder(world.settled, world.expectation(), world.ports()))
        if (rung.id == "tcp.10.20.1.10")
            CHECK(rung.run({.deadline = std::chrono::steady_clock::now() + rung.deadline, .cancel = &cancel})
                      .status == Status::pass);
}
