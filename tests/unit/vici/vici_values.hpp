// SPDX-License-Identifier: Apache-2.0
/// Connections of the three kinds, for tests.
#pragma once

#include "ipsec/connection.hpp"

#include <string>

namespace eligate::test {

inline ipsec::Identity identity(const std::string& text) {
    return ipsec::Identity::parse(text).value();
}

inline ipsec::Proposal proposal(const std::string& text, ipsec::Protocol protocol) {
    return ipsec::Proposal::parse(text, protocol).proposal.value();
}

inline ipsec::Connection psk_connection() {
    ipsec::Connection connection;
    connection.name = "eligate-1";
    connection.gateway = "vpn1.example.net";
    connection.proposals = {proposal("aes256gcm16-prfsha384-ecp384", ipsec::Protocol::ike),
                            proposal("aes256-sha256-modp2048", ipsec::Protocol::ike)};
    connection.local = {
        .method = ipsec::AuthMethod::psk, .id = identity("fqdn:ab12345678.example.net"), .eap_id = {}};
    connection.remote = {
        .method = ipsec::AuthMethod::psk, .id = identity("fqdn:gw.example.net"), .eap_id = {}};
    connection.child.name = "eligate";
    connection.child.proposals = {proposal("aes256gcm16-ecp384", ipsec::Protocol::esp)};
    connection.child.remote_ts = {*net::Prefix::parse("10.20.0.0/16"), *net::Prefix::parse("10.30.0.0/24")};
    return connection;
}

inline ipsec::Connection eap_connection() {
    auto connection = psk_connection();
    connection.local.method = ipsec::AuthMethod::eap_mschapv2;
    connection.local.eap_id = "AB12345678";
    connection.remote.method = ipsec::AuthMethod::pubkey;
    return connection;
}

inline ipsec::Connection certificate_connection() {
    auto connection = psk_connection();
    connection.local.method = ipsec::AuthMethod::pubkey;
    connection.remote.method = ipsec::AuthMethod::pubkey;
    connection.virtual_ip = false;
    connection.child.local_ts = {*net::Prefix::parse("192.168.1.0/24")};
    return connection;
}

} // namespace eligate::test
