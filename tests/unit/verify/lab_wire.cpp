// SPDX-License-Identifier: Apache-2.0
// Real sockets against real servers, in a network namespace of the test's own.
#include "linux/probe_wire.hpp"
#include "support/catch.hpp"
#include "unit/verify/apart.hpp"
#include "unit/verify/servers.hpp"

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <poll.h>

namespace {

using namespace eligate;
using namespace std::chrono_literals;
using port::TcpStatus;
using port::UdpStatus;
using std::chrono::steady_clock;
using test::Bytes;

port::Until within(std::chrono::milliseconds span, const base::Cancel* cancel = nullptr) {
    return {.deadline = steady_clock::now() + span, .cancel = cancel};
}

net::Endpoint endpoint(const char* address, std::uint16_t port) {
    return {.address = *net::Address::parse(address), .port = port};
}

port::UdpOutcome udp(port::UdpRequest request, const port::Until& until) {
    linux_adapter::ProbeWire wire;
    auto outcomes = wire.udp(std::span(&request, 1), 0ms, until);
    REQUIRE(outcomes);
    return outcomes->front();
}

port::TcpOutcome tcp(port::TcpRequest request, const port::Until& until) {
    linux_adapter::ProbeWire wire;
    auto outcomes = wire.tcp(std::span(&request, 1), 0ms, until);
    REQUIRE(outcomes);
    return outcomes->front();
}

port::UdpOutcome echo(const char* to, unsigned size) {
    linux_adapter::ProbeWire wire;
    const port::EchoRequest request{.to = *net::Address::parse(to), .packet_size = size};
    auto outcomes = wire.echo(std::span(&request, 1), 0ms, within(500ms));
    REQUIRE(outcomes);
    return outcomes->front();
}

std::optional<Bytes> repeat(std::span<const std::uint8_t> bytes) {
    return Bytes(bytes.begin(), bytes.end());
}

/// A way out that nobody answers on: packets are asked for by ARP and lost.
void make_dead_end() {
    test::run({"ip", "link", "add", "wan0", "mtu", "1300", "type", "veth", "peer", "name", "far0"});
    test::run({"ip", "addr", "add", "192.0.2.1/24", "dev", "wan0"});
    test::bring_up("wan0");
    test::bring_up("far0");
    test::run({"ip", "neigh", "add", "192.0.2.9", "lladdr", "02:00:00:00:00:09", "dev", "wan0"});
}

} // namespace

TEST_CASE("udp: an answer comes back with its time") {
    const test::Apart apart;
    const test::UdpServer server(repeat);
    const auto outcome = udp({.to = server.endpoint(), .payload = {1, 2, 3}}, within(5s));
    CHECK(outcome.status == UdpStatus::answered);
    CHECK(outcome.payload == Bytes{1, 2, 3});
    CHECK(outcome.millis < 5s);
}

TEST_CASE("udp: what is not accepted is ignored, and lost packets are sent again by the schedule") {
    const test::Apart apart;
    std::atomic<int> heard = 0;
    const test::UdpServer server([&heard](auto) { return Bytes{static_cast<std::uint8_t>(++heard)}; });
    const auto outcome = udp({.to = server.endpoint(),
                              .payload = {9},
                              .send_at = {0ms, 20ms, 40ms, 60ms},
                              .accept = [](auto bytes) { return bytes[0] == 3; }},
                             within(5s));
    CHECK(outcome.status == UdpStatus::answered);
    CHECK(outcome.payload == Bytes{3});
    CHECK(outcome.millis >= 40ms);
}

TEST_CASE("udp: a closed port is told by ICMP, with who said so") {
    const test::Apart apart;
    const auto outcome = udp({.to = endpoint("127.0.0.1", 9), .payload = {1}}, within(5s));
    CHECK(outcome.status == UdpStatus::rejected);
    CHECK(outcome.rejected_by == net::Address::parse("127.0.0.1"));
    CHECK(outcome.reason == "Connection refused");
}

TEST_CASE("udp: silence lasts as long as the deadline, and no longer") {
    const test::Apart apart;
    make_dead_end();
    const auto begin = steady_clock::now();
    CHECK(udp({.to = endpoint("192.0.2.9", 500), .payload = {1}, .send_at = {0ms, 50ms}}, within(150ms))
              .status == UdpStatus::no_answer);
    CHECK(steady_clock::now() - begin >= 150ms);
}

TEST_CASE("udp: no route and a packet larger than the link are this machine's own") {
    const test::Apart apart;
    CHECK(udp({.to = endpoint("198.51.100.1", 500), .payload = {1}}, within(5s)).status ==
          UdpStatus::unsendable);
    CHECK(udp({.to = endpoint("2001:db8::1", 500), .payload = {1}}, within(5s)).reason ==
          "Network is unreachable");
    make_dead_end();
    const auto outcome =
        udp({.to = endpoint("192.0.2.9", 53), .payload = Bytes(1400), .dont_fragment = true}, within(5s));
    CHECK(outcome.status == UdpStatus::too_big);
    CHECK(outcome.mtu == 1300);
}

TEST_CASE("udp: once one answered, the others have only the linger left") {
    const test::Apart apart;
    make_dead_end();
    const test::UdpServer server(repeat);
    const std::vector<port::UdpRequest> requests{{.to = endpoint("192.0.2.9", 500), .payload = {1}},
                                                 {.to = server.endpoint(), .payload = {2}}};
    linux_adapter::ProbeWire wire;
    const auto begin = steady_clock::now();
    const auto outcomes = wire.udp(requests, 50ms, within(30s));
    REQUIRE(outcomes);
    CHECK((*outcomes)[0].status == UdpStatus::no_answer);
    CHECK((*outcomes)[1].status == UdpStatus::answered);
    CHECK(steady_clock::now() - begin >= 50ms);
    CHECK(steady_clock::now() - begin < 10s);
}

TEST_CASE("udp: a cancel ends the wait") {
    const test::Apart apart;
    make_dead_end();
    const base::Cancel cancel;
    cancel.request();
    const auto begin = steady_clock::now();
    CHECK(udp({.to = endpoint("192.0.2.9", 500), .payload = {1}}, within(30s, &cancel)).status ==
          UdpStatus::no_answer);
    CHECK(steady_clock::now() - begin < 10s);
}

TEST_CASE("echo: packets of the exact size come back, larger ones than the link are too big") {
    const test::Apart apart;
    CHECK(echo("127.0.0.1", 28).status == UdpStatus::answered);
    const auto outcome = echo("127.0.0.1", 1400);
    CHECK(outcome.status == UdpStatus::answered);
    CHECK(outcome.payload.size() == 1400);
    make_dead_end();
    CHECK(echo("192.0.2.9", 1300).status == UdpStatus::no_answer);
    CHECK(echo("192.0.2.9", 1301).status == UdpStatus::too_big);
}

TEST_CASE("tcp: connected, refused, no answer and no way are told apart") {
    const test::Apart apart;
    const test::TcpServer server([](int) {});
    CHECK(tcp({.to = server.endpoint()}, within(5s)).status == TcpStatus::connected);
    CHECK(tcp({.to = endpoint("127.0.0.1", 9)}, within(5s)).status == TcpStatus::refused);
    CHECK(tcp({.to = endpoint("198.51.100.1", 80)}, within(5s)).status == TcpStatus::unsendable);
    make_dead_end();
    CHECK(tcp({.to = endpoint("192.0.2.9", 80)}, within(150ms)).status == TcpStatus::no_answer);
}

TEST_CASE("tcp: an answer in pieces is put together until it is complete") {
    const test::Apart apart;
    const test::TcpServer server([](int fd) {
        std::uint8_t byte = 0;
        while (::recv(fd, &byte, 1, 0) == 1)
            ::send(fd, &byte, 1, MSG_NOSIGNAL);
    });
    const port::TcpRequest request{.to = server.endpoint(),
                                   .payload = {1, 2, 3, 4},
                                   .complete = [](auto bytes) { return bytes.size() == 4; }};
    const auto outcome = tcp(request, within(5s));
    CHECK(outcome.status == TcpStatus::answered);
    CHECK(outcome.payload == request.payload);
}

TEST_CASE("tcp: a server that hangs up or floods without a complete answer is silent, within the limit") {
    const test::Apart apart;
    const test::TcpServer closes([](int) {});
    CHECK(tcp({.to = closes.endpoint(), .payload = {1}, .complete = [](auto) { return false; }}, within(5s))
              .status == TcpStatus::silent);
    const test::TcpServer floods([](int fd) {
        const Bytes much(65'536, 7);
        while (::send(fd, much.data(), much.size(), MSG_NOSIGNAL) > 0) {
        }
    });
    const auto outcome =
        tcp({.to = floods.endpoint(), .payload = {1}, .complete = [](auto) { return false; }, .limit = 1000},
            within(5s));
    CHECK(outcome.status == TcpStatus::silent);
    CHECK(outcome.payload.size() == 1000);
}

TEST_CASE("tcp: a server that accepts and never answers is silent at the deadline") {
    const test::Apart apart;
    // The listening socket's backlog accepts for it.
    base::UniqueFd hold;
    const test::TcpServer server([&hold](int fd) { hold = base::UniqueFd(::dup(fd)); });
    CHECK(tcp({.to = server.endpoint(), .payload = {1}, .complete = [](auto) { return true; }}, within(150ms))
              .status == TcpStatus::silent);
}
