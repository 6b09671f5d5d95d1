// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "vici/listed_connection.hpp"
#include "vici_values.hpp"

using namespace eligate;
using namespace eligate::vici;

namespace {

Message auth(const std::string& auth_class, const std::string& id) {
    return Message()
        .add("class", auth_class)
        .add("id", id)
        .add_list("groups", {})
        .add_list("certs", {})
        .add_list("cacerts", {});
}

// As charon 5.9.8 sends it.
Message event() {
    const auto child = Message()
                           .add("mode", "TUNNEL")
                           .add("rekey_time", "3600")
                           .add("rekey_bytes", "0")
                           .add("rekey_packets", "0")
                           .add("dpd_action", "start")
                           .add("close_action", "start")
                           .add_list("local-ts", {"dynamic"})
                           .add_list("remote-ts", {"10.20.0.0/16", "10.30.0.0/24"});
    Message connection;
    connection.add_list("local_addrs", {"%any"})
        .add_list("remote_addrs", {"vpn1.example.net"})
        .add("version", "IKEv2")
        .add("reauth_time", "0")
        .add("rekey_time", "14400")
        .add("unique", "UNIQUE_REPLACE")
        .add("dpd_delay", "30")
        .add_section("local-1", auth("pre-shared key", "ab12345678.example.net"))
        .add_section("remote-1", auth("pre-shared key", "gw.example.net"))
        .add_section("children", Message().add_section("eligate", child));
    return Message().add_section("eligate-1", connection);
}

} // namespace

TEST_CASE("listed connection: what charon lists is what was meant") {
    const auto listed = listed_connection(event());
    REQUIRE(listed);
    CHECK(*listed == as_listed(test::psk_connection()));
}

TEST_CASE("listed connection: a change in any of it is seen") {
    const auto listed = listed_connection(event());
    REQUIRE(listed);
    auto connection = test::psk_connection();
    connection.gateway = "vpn2.example.net";
    CHECK_FALSE(*listed == as_listed(connection));
    connection = test::psk_connection();
    connection.local.id = test::identity("fqdn:other.example.net");
    CHECK_FALSE(*listed == as_listed(connection));
    connection = test::psk_connection();
    connection.child.remote_ts.pop_back();
    CHECK_FALSE(*listed == as_listed(connection));
    CHECK_FALSE(*listed == as_listed(test::eap_connection()));
    connection = test::psk_connection();
    connection.remote.authority_subject = "0";
    CHECK_FALSE(*listed == as_listed(connection));
}

TEST_CASE("listed connection: an event without its one section is not accepted") {
    CHECK(listed_connection({}).error().code == catalog::code::charon_protocol);
    CHECK(listed_connection(Message().add("k", "v")).error().code == catalog::code::charon_protocol);
    CHECK(listed_connection(Message().add_section("a", {}).add_section("b", {})).error().code ==
          catalog::code::charon_protocol);
}
