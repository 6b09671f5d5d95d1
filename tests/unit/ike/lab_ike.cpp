// SPDX-License-Identifier: Apache-2.0
// The probe against a real charon: what it answers, and that nothing stays there.
#include "ike/answer.hpp"
#include "linux/probe_wire.hpp"
#include "support/catch.hpp"
#include "unit/verify/apart.hpp"
#include "unit/vici/real_charon.hpp"
#include "vici/charon.hpp"
#include <chrono>
#include <thread>

namespace {

using namespace eligate;
using namespace std::chrono_literals;

std::vector<ipsec::Proposal> proposals(const char* text) {
    return {*ipsec::Proposal::parse(text, ipsec::Protocol::ike).proposal};
}

/// A gateway on the loopback address that takes exactly these.
ipsec::Connection gateway(const char* taken) {
    ipsec::Connection connection;
    connection.name = "gateway";
    connection.gateway = "127.0.0.1";
    connection.proposals = proposals(taken);
    connection.local.id = *ipsec::Identity::parse("fqdn:gw.example.net");
    connection.remote.id = *ipsec::Identity::parse("fqdn:clinic.example.net");
    connection.virtual_ip = false;
    connection.child.name = "net";
    connection.child.proposals = {*ipsec::Proposal::parse("aes256gcm16", ipsec::Protocol::esp).proposal};
    connection.child.local_ts = {*net::Prefix::parse("10.1.0.0/16")};
    connection.child.remote_ts = {*net::Prefix::parse("10.2.0.0/16")};
    return connection;
}

std::optional<ike::Answer> probe(const char* offered, std::uint16_t port) {
    const auto offer = proposals(offered);
    const auto request = ike::fresh_request(offer);
    const port::UdpRequest datagram{.to = {.address = *net::Address::parse("127.0.0.1"), .port = port},
                                    .payload = *ike::encode(request, offer, port),
                                    .send_at = {0ms, 300ms, 900ms},
                                    .accept = [&request, port](auto bytes) {
                                        return ike::read_answer(bytes, request.spi, port).has_value();
                                    }};
    linux_adapter::ProbeWire wire;
    const auto outcomes =
        wire.udp(std::span(&datagram, 1), 0ms, {.deadline = std::chrono::steady_clock::now() + 5s});
    REQUIRE(outcomes);
    return ike::read_answer(outcomes->front().payload, request.spi, port);
}

/// charon answers first and throws its half-open IKE_SA away after that: whoever asks at once can still see
/// it.
vici::Stats stats_once_nothing_is_kept(vici::Charon& charon) {
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    for (;;) {
        const auto stats = charon.stats();
        REQUIRE(stats);
        if (stats->ike_sas == 0 || std::chrono::steady_clock::now() > deadline)
            return *stats;
        std::this_thread::sleep_for(5ms);
    }
}

} // namespace

TEST_CASE("a real charon answers the probe, says whether a proposal suits it, and keeps nothing") {
    const test::RealCharon real;
    test::bring_up("lo");
    const base::Cancel cancel;
    vici::Charon charon(real.connect(), cancel);
    REQUIRE(charon.load_connection(gateway("aes256gcm16-prfsha384-ecp384")));

    for (const auto port : {ike::ike_port, ike::nat_port}) {
        CHECK(probe("aes256gcm16-prfsha384-ecp384", port) ==
              ike::Answer{.kind = ike::AnswerKind::invalid_ke, .group = 20, .notify = 17});
        const auto refused = probe("aes256-sha256-modp2048", port);
        REQUIRE(refused);
        CHECK(refused->kind == ike::AnswerKind::no_proposal);
    }
    // The group of the KE payload is another one when MODP 2048 is among the proposals.
    REQUIRE(charon.load_connection(gateway("aes256-sha256-modp2048")));
    CHECK(probe("aes256-sha256-modp2048", ike::ike_port)->group == 14);

    for (int i = 0; i < 30; ++i)
        CHECK(probe("aes256-sha256-modp2048", ike::ike_port));
    const auto stats = stats_once_nothing_is_kept(charon);
    CHECK(stats.ike_sas == 0);
    CHECK(stats.half_open == 0);
    const auto sas = charon.list_sas();
    REQUIRE(sas);
    CHECK(sas->empty());
}
