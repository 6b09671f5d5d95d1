// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "vici/sa.hpp"

using namespace eligate;
using namespace eligate::vici;
using namespace std::chrono_literals;

namespace {

// list-sa of charon 5.9.8 with kernel-libipsec, shortened to what is read.
Message event() {
    Message child;
    child.add("name", "eligate")
        .add("uniqueid", "7")
        .add("reqid", "1")
        .add("state", "INSTALLED")
        .add("mode", "TUNNEL")
        .add("protocol", "ESP")
        .add("encap", "yes")
        .add("spi-in", "a33c9d68")
        .add("spi-out", "e9c7a92c")
        .add("if-id-in", "0000002a")
        .add("encr-alg", "AES_GCM_16")
        .add("encr-keysize", "256")
        .add("bytes-in", "84")
        .add("packets-in", "1")
        .add("use-in", "3")
        .add("bytes-out", "18446744073709551615")
        .add("packets-out", "2")
        .add("rekey-time", "3374")
        .add("life-time", "3960")
        .add("install-time", "5")
        .add_list("local-ts", {"10.200.0.10/32"})
        .add_list("remote-ts", {"10.99.0.0/16"});
    Message ike;
    ike.add("uniqueid", "2")
        .add("version", "2")
        .add("state", "ESTABLISHED")
        .add("local-host", "192.0.2.1")
        .add("local-port", "4500")
        .add("local-id", "clinic.example.net")
        .add("remote-host", "192.0.2.2")
        .add("remote-port", "4500")
        .add("remote-id", "gw.example.net")
        .add("initiator", "yes")
        .add("nat-remote", "yes")
        .add("nat-any", "yes")
        .add("encr-alg", "AES_CBC")
        .add("encr-keysize", "256")
        .add("integ-alg", "HMAC_SHA2_256_128")
        .add("prf-alg", "PRF_HMAC_SHA2_256")
        .add("dh-group", "MODP_2048")
        .add("established", "5")
        .add_list("local-vips", {"10.200.0.10"})
        .add_section("child-sas", Message().add_section("eligate-7", child));
    return Message().add_section("eligate-1", ike);
}

} // namespace

TEST_CASE("sa: an established tunnel is read in full") {
    const auto sa = ike_sa(event());
    REQUIRE(sa);
    CHECK(sa->name == "eligate-1");
    CHECK(sa->uniqueid == 2);
    CHECK(sa->is_established());
    CHECK(sa->remote_port == 4500);
    CHECK(sa->initiator);
    CHECK_FALSE(sa->nat_local);
    CHECK(sa->nat_remote);
    CHECK(sa->established == 5s);
    CHECK_FALSE(sa->rekey_time);
    CHECK(sa->local_vips == std::vector<std::string>{"10.200.0.10"});
    CHECK(sa->algorithms.integrity == "HMAC_SHA2_256_128");
    REQUIRE(sa->children.size() == 1);
    const auto& child = sa->children.front();
    CHECK(child.name == "eligate");
    CHECK(child.installed());
    CHECK(child.encap);
    CHECK(child.spi_in == "a33c9d68");
    CHECK(child.if_id_in == 42);
    CHECK(child.in.packets == 1);
    CHECK(child.in.idle == 3s);
    CHECK(child.out.bytes == 18446744073709551615U);
    CHECK_FALSE(child.out.idle);
    CHECK(child.rekey_time == 3374s);
    CHECK(child.remote_ts == std::vector<std::string>{"10.99.0.0/16"});
}

TEST_CASE("sa: unanswered is what carried packets for a minute, and brought none") {
    ChildSa child;
    child.out.packets = 10;
    child.install_time = 60s;
    CHECK(child.unanswered());
    SECTION("too young") {
        child.install_time = 59s;
        CHECK_FALSE(child.unanswered());
    }
    SECTION("hardly asked") {
        child.out.packets = 9;
        CHECK_FALSE(child.unanswered());
    }
    SECTION("answered once") {
        child.in.packets = 1;
        CHECK_FALSE(child.unanswered());
    }
}

TEST_CASE("sa: a negotiation is under way once the gateway has answered") {
    IkeSa sa;
    sa.state = "CONNECTING";
    sa.responder_spi = "0000000000000000";
    CHECK(sa.awaits_first_answer());
    CHECK_FALSE(sa.is_under_way());
    sa.responder_spi = "93b3dc69d5db73d6";
    CHECK_FALSE(sa.awaits_first_answer());
    CHECK(sa.is_under_way());
    sa.state = "ESTABLISHED";
    CHECK_FALSE(sa.awaits_first_answer());
    CHECK_FALSE(sa.is_under_way());
}

TEST_CASE("sa: one that is still connecting has neither age nor children") {
    const auto sa = ike_sa(Message().add_section(
        "eligate-1", Message().add("state", "CONNECTING").add_section("child-sas", {})));
    REQUIRE(sa);
    CHECK_FALSE(sa->is_established());
    CHECK_FALSE(sa->established);
    CHECK(sa->children.empty());
}

TEST_CASE("sa: numbers that are none count as absent") {
    const auto sa =
        ike_sa(Message().add_section("x", Message().add("uniqueid", "-1").add("remote-port", "70000")));
    REQUIRE(sa);
    CHECK(sa->uniqueid == 0);
    CHECK(sa->remote_port == 0);
}

TEST_CASE("sa: an event without its one section is not accepted") {
    CHECK(ike_sa({}).error().code == catalog::code::charon_protocol);
    CHECK(ike_sa(Message().add("k", "v")).error().code == catalog::code::charon_protocol);
}

TEST_CASE("sa: only a whole prefix is a prefix") {
    CHECK(prefix_of("10.99.0.0/16") == net::Prefix::parse("10.99.0.0/16"));
    CHECK_FALSE(prefix_of("10.99.0.0/16[tcp/443]"));
    CHECK_FALSE(prefix_of("10.0.0.1..10.0.0.9"));
    CHECK_FALSE(prefix_of("dynamic"));
}
