// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "vici/connection_message.hpp"
#include "vici_values.hpp"

using namespace eligate;
using namespace eligate::vici;

namespace {

Message expected_child() {
    return Message()
        .add_list("esp_proposals", {"aes256gcm16-ecp384"})
        .add_list("remote_ts", {"10.20.0.0/16", "10.30.0.0/24"})
        .add("mode", "tunnel")
        .add("rekey_time", "3600s")
        .add("start_action", "none")
        .add("dpd_action", "restart")
        .add("close_action", "start");
}

Message expected_psk() {
    Message connection;
    connection.add("version", "2")
        .add_list("remote_addrs", {"vpn1.example.net"})
        .add_list("proposals", {"aes256gcm16-prfsha384-ecp384", "aes256-sha256-modp2048"})
        .add_list("vips", {"0.0.0.0"})
        .add("unique", "replace")
        .add("mobike", "yes")
        .add("fragmentation", "yes")
        .add("encap", "no")
        .add("keyingtries", "0")
        .add("dpd_delay", "30s")
        .add("rekey_time", "14400s")
        .add("reauth_time", "0s")
        .add_section("local", Message().add("auth", "psk").add("id", "fqdn:ab12345678.example.net"))
        .add_section("remote", Message().add("auth", "psk").add("id", "fqdn:gw.example.net"))
        .add_section("children", Message().add_section("eligate", expected_child()));
    return Message().add_section("eligate-1", connection);
}

std::string unfit_setting(const ipsec::Connection& connection) {
    const auto message = connection_message(connection, StartAction::none);
    if (message)
        return "";
    CHECK(message.error().code == catalog::code::value_unfit);
    return message.error().evidence.front().second;
}

} // namespace

TEST_CASE("connection message: a pre-shared key connection, setting by setting") {
    const auto message = connection_message(test::psk_connection(), StartAction::none);
    REQUIRE(message);
    CHECK(*message == expected_psk());
}

TEST_CASE("connection message: the file may start it, and nothing else differs") {
    const auto message = connection_message(test::psk_connection(), StartAction::start);
    REQUIRE(message);
    CHECK(message->text("eligate-1.children.eligate.start_action") == "start");
    CHECK(message->section("eligate-1")->entries().size() ==
          expected_psk().section("eligate-1")->entries().size());
}

TEST_CASE("connection message: EAP names its user with a type") {
    const auto message = connection_message(test::eap_connection(), StartAction::none);
    REQUIRE(message);
    CHECK(message->text("eligate-1.local.auth") == "eap-mschapv2");
    CHECK(message->text("eligate-1.local.eap_id") == "fqdn:AB12345678");
    CHECK(message->text("eligate-1.remote.auth") == "pubkey");
    CHECK_FALSE(message->value("eligate-1.remote.eap_id"));
    CHECK(eap_identity(test::eap_connection().local) == "fqdn:AB12345678");

    auto without = test::eap_connection();
    without.local.eap_id.reset();
    CHECK(eap_identity(without.local) == "fqdn:ab12345678.example.net");
    CHECK_FALSE(connection_message(without, StartAction::none)->value("eligate-1.local.eap_id"));
}

TEST_CASE("connection message: certificates go with our side, and are always sent") {
    const auto message = connection_message(test::certificate_connection(), StartAction::none,
                                            {.own = {"end entity", "intermediate"}});
    REQUIRE(message);
    CHECK(message->list("eligate-1.local.certs") == List{"end entity", "intermediate"});
    CHECK(message->text("eligate-1.send_cert") == "always");
    CHECK(message->list("eligate-1.vips").empty());
    CHECK(message->list("eligate-1.children.eligate.local_ts") == List{"192.168.1.0/24"});
}

TEST_CASE("connection message: the gateway's authority is named byte for byte") {
    auto connection = test::eap_connection();
    connection.remote.authority_subject = std::string("\x30\x00\xff", 3);
    const auto message = connection_message(connection, StartAction::none);
    REQUIRE(message);
    CHECK(message->text("eligate-1.remote.ca_id") == "asn1dn:#3000ff");
    CHECK_FALSE(message->value("eligate-1.local.ca_id"));

    connection.remote.authority_subject = std::string(252, 'x');
    CHECK(unfit_setting(connection) == "ca_id");
}

TEST_CASE("connection message: what the dataplane decides") {
    auto connection = test::psk_connection();
    connection.mobike = false;
    connection.child.replay_window = 128;
    connection.child.if_id = 42;
    const auto message = connection_message(connection, StartAction::none);
    REQUIRE(message);
    CHECK(message->text("eligate-1.mobike") == "no");
    CHECK(message->text("eligate-1.children.eligate.replay_window") == "128");
    CHECK(message->text("eligate-1.children.eligate.if_id_in") == "42");
    CHECK(message->text("eligate-1.children.eligate.if_id_out") == "42");
    CHECK_FALSE(message->value("eligate-1.children.eligate.updown"));
    connection.child.updown = "/usr/lib/eligate/updown";
    CHECK(connection_message(connection, StartAction::none)->text("eligate-1.children.eligate.updown") ==
          "/usr/lib/eligate/updown");
}

TEST_CASE("connection message: a value that charon would cut or refuse is an error, not a surprise") {
    auto connection = test::eap_connection();
    connection.local.eap_id = std::string(506, 'u'); // and "fqdn:" makes 511
    CHECK(unfit_setting(connection).empty());
    connection.local.eap_id = std::string(507, 'u');
    CHECK(unfit_setting(connection) == "eap_id");
    connection.local.eap_id = "user\nname";
    CHECK(unfit_setting(connection) == "eap_id");

    connection = test::psk_connection();
    connection.gateway = std::string(254, 'g');
    CHECK(unfit_setting(connection) == "remote_addrs");
    connection.gateway = "gw1.example.net,gw2.example.net";
    CHECK(unfit_setting(connection) == "remote_addrs");
    connection.gateway = "";
    CHECK(unfit_setting(connection) == "remote_addrs");
}
