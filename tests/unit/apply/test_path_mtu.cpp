// SPDX-License-Identifier: Apache-2.0
#include "apply/path_mtu.hpp"
#include "support/catch.hpp"

#include <map>

using namespace eligate;
using apply::measure_path_mtu;

namespace {

constexpr unsigned ipv4_and_udp = 28;
constexpr unsigned ipv6_and_udp = 48;

/// A line to one gateway, and what gets through it.
class Line final : public port::Wire, public port::Names {
  public:
    unsigned passes = 1500;
    /// A router on the way says what would fit; else large packets just vanish.
    bool router_tells = false;
    bool answers_ike = true;
    /// The largest IKE message that the gateway bothers to answer.
    unsigned largest_ike = 65'535;
    bool answers_echo = true;
    std::map<std::string, std::string> addresses{{"vpn1.example.net", "203.0.113.11"}};

    unsigned rounds = 0;
    std::size_t packets = 0;

    base::Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                                    std::chrono::milliseconds /*linger*/,
                                                    const port::Until& /*until*/) override {
        ++rounds;
        std::vector<port::UdpOutcome> outcomes;
        for (const auto& request : requests) {
            CHECK(request.dont_fragment);
            CHECK(request.to.port == 500);
            packets += request.send_at.size();
            const bool ipv6 = request.to.address.family() == net::Family::ipv6;
            const auto size =
                static_cast<unsigned>(request.payload.size()) + (ipv6 ? ipv6_and_udp : ipv4_and_udp);
            auto outcome = through(size, answers_ike && size <= largest_ike);
            if (outcome.status == port::UdpStatus::answered)
                CHECK(request.accept(request.payload));
            outcomes.push_back(std::move(outcome));
        }
        return outcomes;
    }
    base::Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                                     std::chrono::milliseconds /*linger*/,
                                                     const port::Until& /*until*/) override {
        ++rounds;
        std::vector<port::UdpOutcome> outcomes;
        for (const auto& request : requests) {
            CHECK(request.to.family() == net::Family::ipv4);
            ++packets;
            outcomes.push_back(through(request.packet_size, answers_echo));
        }
        return outcomes;
    }
    base::Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> /*requests*/,
                                                    std::chrono::milliseconds /*linger*/,
                                                    const port::Until& /*until*/) override {
        return std::vector<port::TcpOutcome>();
    }
    base::Result<port::TlsOutcome> tls(const port::TlsRequest& /*request*/,
                                       const port::Until& /*until*/) override {
        return port::TlsOutcome();
    }
    base::Result<std::vector<port::Resolution>> resolve(std::span<const std::string> hosts,
                                                        const port::Until& /*until*/) override {
        std::vector<port::Resolution> resolutions;
        for (const auto& host : hosts) {
            resolutions.push_back({.host = host, .answer = port::NameAnswer::no_such_name, .addresses = {}});
            if (const auto found = addresses.find(host); found != addresses.end())
                resolutions.back().addresses = {*net::Address::parse(found->second)};
        }
        return resolutions;
    }
    std::vector<std::string> servers() override { return {}; }

    std::optional<unsigned> measured(unsigned largest = 1500) {
        const auto path = measure_path_mtu({"vpn1.example.net", "vpn2.example.net"}, largest, *this, *this);
        REQUIRE(path);
        return path->size;
    }

  private:
    port::UdpOutcome through(unsigned size, bool answered) const {
        if (size > passes && router_tells)
            return {.status = port::UdpStatus::too_big, .mtu = passes};
        if (size > passes || !answered)
            return {.status = port::UdpStatus::no_answer};
        return {.status = port::UdpStatus::answered};
    }
};

} // namespace

TEST_CASE("path mtu: a whole packet that is answered ends it after one round trip") {
    Line line;
    CHECK(line.measured() == 1500);
    CHECK(line.rounds == 1);
    CHECK(line.packets == 4);
    line.passes = 1454;
    CHECK(line.measured(1454) == 1454);
}

TEST_CASE("path mtu: what a router on the way says counts to the byte") {
    Line line;
    line.router_tells = true;
    for (const unsigned passes : {1492U, 1457U, 1281U, 1280U}) {
        line.passes = passes;
        CHECK(line.measured() == passes);
    }
}

TEST_CASE("path mtu: where large packets vanish, the largest usual size that is answered counts") {
    Line line;
    line.passes = 1454;
    CHECK(line.measured() == 1454);
    line.passes = 1459;
    CHECK(line.measured() == 1454);
    line.passes = 1280;
    CHECK(line.measured() == 1280);
}

TEST_CASE("path mtu: echo is enough, and so is IKE") {
    Line line;
    line.passes = 1460;
    line.answers_ike = false;
    CHECK(line.measured() == 1460);
    line.answers_ike = true;
    line.answers_echo = false;
    CHECK(line.measured() == 1460);
}

TEST_CASE("path mtu: a gateway that answers no large IKE message is not a narrow path") {
    Line line;
    line.largest_ike = 1300;
    CHECK(line.measured() == 1500);
}

TEST_CASE("path mtu: the same line gives the same size each time") {
    for (unsigned passes = 1280; passes <= 1500; passes += 7) {
        Line line;
        line.passes = passes;
        CHECK(line.measured() == line.measured());
        CHECK(*line.measured() <= passes);
    }
}

TEST_CASE("path mtu: unknown where nobody answers, and where nothing usable gets through") {
    Line line;
    line.answers_ike = false;
    line.answers_echo = false;
    CHECK_FALSE(line.measured());
    line.answers_ike = true;
    line.passes = 1000;
    CHECK_FALSE(line.measured());
    CHECK_FALSE(line.measured(576));
    line.addresses.clear();
    CHECK_FALSE(line.measured());
}

TEST_CASE("path mtu: towards the first gateway that has an address, IPv6 too") {
    Line line;
    line.addresses = {{"vpn2.example.net", "2001:db8::2"}};
    const auto path = measure_path_mtu({"vpn1.example.net", "vpn2.example.net"}, 1500, line, line);
    REQUIRE(path);
    CHECK(path->size == 1500);
    CHECK(path->ipv6);
}
