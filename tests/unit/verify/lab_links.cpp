// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_links.hpp"
#include "linux/probe_names.hpp"
#include "support/catch.hpp"
#include "unit/verify/apart.hpp"
#include "unit/verify/dns_server.hpp"
#include "unit/verify/servers.hpp"

namespace {

using namespace eligate;
using namespace std::chrono_literals;
using port::NameAnswer;
using port::RouteType;

net::Address address(const char* text) {
    return *net::Address::parse(text);
}

void make_wan() {
    test::run({"ip", "link", "add", "wan0", "mtu", "1454", "type", "veth", "peer", "name", "far0"});
    test::run({"ip", "addr", "add", "192.168.3.10/24", "dev", "wan0"});
    test::bring_up("wan0");
    test::bring_up("far0");
    test::run({"ip", "route", "add", "default", "via", "192.168.3.1", "dev", "wan0", "metric", "100"});
}

port::RouteAnswer route_to(const char* text) {
    linux_adapter::ProbeLinks links;
    const auto answer = links.route_to(address(text));
    REQUIRE(answer);
    return *answer;
}

NameAnswer resolve(const std::string& name, std::chrono::milliseconds within = 5s) {
    linux_adapter::ProbeNames names;
    const std::vector hosts{name};
    const auto answers =
        names.resolve(hosts, {.deadline = std::chrono::steady_clock::now() + within, .cancel = nullptr});
    REQUIRE(answers);
    return answers->front().answer;
}

} // namespace

TEST_CASE("links: an interface's state, size and addresses") {
    const test::Apart apart;
    make_wan();
    linux_adapter::ProbeLinks links;
    const auto wan = links.link("wan0");
    REQUIRE(wan);
    REQUIRE(*wan);
    CHECK((*wan)->up);
    CHECK((*wan)->carrier);
    CHECK((*wan)->mtu == 1454);
    CHECK(std::ranges::find((*wan)->addresses, address("192.168.3.10")) != (*wan)->addresses.end());
    // The cable is pulled at the other end.
    test::run({"ip", "link", "set", "far0", "down"});
    CHECK_FALSE((*links.link("wan0"))->carrier);
    test::run({"ip", "link", "set", "wan0", "down"});
    CHECK_FALSE((*links.link("wan0"))->up);
    CHECK_FALSE(links.link("eth9").value());
}

TEST_CASE("links: the default route is the main table's best") {
    const test::Apart apart;
    linux_adapter::ProbeLinks links;
    CHECK_FALSE(links.default_route().value());
    make_wan();
    test::run({"ip", "route", "add", "default", "via", "192.168.3.2", "dev", "wan0", "metric", "50", "table",
               "220"});
    test::run({"ip", "route", "add", "unreachable", "default", "metric", "10"});
    const auto route = links.default_route();
    REQUIRE(route);
    REQUIRE(*route);
    CHECK((*route)->interface == "wan0");
    CHECK((*route)->gateway == address("192.168.3.1"));
}

TEST_CASE("links: where a packet would go, rules and dead ends included") {
    const test::Apart apart;
    CHECK(route_to("10.20.0.1").type == RouteType::none);
    make_wan();
    const auto way = route_to("203.0.113.11");
    CHECK(way.type == RouteType::unicast);
    CHECK(way.interface == "wan0");
    CHECK(way.source == address("192.168.3.10"));
    CHECK(route_to("192.168.3.10").type == RouteType::local);
    test::run({"ip", "route", "add", "unreachable", "10.1.0.0/16"});
    test::run({"ip", "route", "add", "blackhole", "10.2.0.0/16"});
    test::run({"ip", "route", "add", "prohibit", "10.3.0.0/16"});
    CHECK(route_to("10.1.0.1").type == RouteType::unreachable);
    CHECK(route_to("10.2.0.1").type == RouteType::blackhole);
    CHECK(route_to("10.3.0.1").type == RouteType::prohibit);
    test::run({"ip", "route", "add", "10.20.0.0/16", "dev", "far0", "src", "192.168.3.10", "table", "8470"});
    test::run({"ip", "rule", "add", "pref", "210", "lookup", "8470"});
    CHECK(route_to("10.20.0.1").interface == "far0");
}

TEST_CASE("names: found, unknown, without address and failing are told apart") {
    const test::Apart apart;
    test::write_resolv_conf("nameserver 127.0.0.1\n");
    std::atomic<unsigned> rcode = 0;
    std::atomic<unsigned> addresses = 2;
    const test::UdpServer server(
        [&](auto question) -> std::optional<test::Bytes> {
            // An A question has A records; AAAA has none, as for a gateway on IPv4.
            const bool is_a = question[question.size() - 3] == 1;
            return test::dns_reply(question, {.rcode = rcode, .addresses = is_a ? addresses.load() : 0});
        },
        53);
    CHECK(linux_adapter::ProbeNames().servers() == std::vector<std::string>{"127.0.0.1"});
    linux_adapter::ProbeNames names;
    const std::vector<std::string> hosts{"vpn1.example.net", "203.0.113.5"};
    const auto found =
        names.resolve(hosts, {.deadline = std::chrono::steady_clock::now() + 5s, .cancel = nullptr});
    REQUIRE(found);
    CHECK((*found)[0].host == "vpn1.example.net");
    CHECK((*found)[0].answer == NameAnswer::found);
    CHECK((*found)[0].addresses == std::vector{address("10.20.2.0"), address("10.20.2.1")});
    CHECK((*found)[1].addresses == std::vector{address("203.0.113.5")});
    addresses = 0;
    CHECK(resolve("vpn2.example.net") == NameAnswer::no_address);
    rcode = 3;
    CHECK(resolve("vpn3.example.net") == NameAnswer::no_such_name);
    rcode = 2;
    CHECK(resolve("vpn4.example.net") == NameAnswer::server_failure);
}

TEST_CASE("names: a silent server and no server at all are told apart") {
    const test::Apart apart;
    test::write_resolv_conf("nameserver 127.0.0.1\n");
    CHECK(resolve("vpn1.example.net") == NameAnswer::no_resolver);
    const test::UdpServer server([](auto) { return std::nullopt; }, 53);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(resolve("vpn1.example.net", 200ms) == NameAnswer::no_answer);
    CHECK(std::chrono::steady_clock::now() - begin < 3s);
}
