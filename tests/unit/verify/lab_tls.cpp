// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_wire.hpp"
#include "support/catch.hpp"
#include "unit/verify/apart.hpp"
#include "unit/verify/servers.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace eligate;
using namespace std::chrono_literals;
using port::TlsStatus;
using test::ClientCertificate;

port::TlsOutcome handshake(const net::Endpoint& to, std::chrono::milliseconds within = 5s) {
    linux_adapter::ProbeWire wire;
    auto outcome = wire.tls({.to = to, .server_name = "hweb.example"},
                            {.deadline = std::chrono::steady_clock::now() + within, .cancel = nullptr});
    REQUIRE(outcome);
    return *outcome;
}

} // namespace

TEST_CASE("tls: a server that asks for a client certificate is seen to, in both versions") {
    const test::Apart apart;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const test::TcpServer server(test::tls_server(version, ClientCertificate::asked_for));
        const auto outcome = handshake(server.endpoint());
        CHECK(outcome.status == TlsStatus::established);
        CHECK(outcome.client_certificate_requested);
        CHECK(outcome.protocol == (version == TLS1_3_VERSION ? "TLSv1.3" : "TLSv1.2"));
        CHECK(outcome.subject == "CN=hweb.example,O=Test,C=JP");
        CHECK(outcome.issuer == outcome.subject);
        REQUIRE(outcome.not_after);
        CHECK(*outcome.not_after > std::chrono::system_clock::now());
    }
}

TEST_CASE("tls: a server that does not ask is seen not to") {
    const test::Apart apart;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const test::TcpServer server(test::tls_server(version, ClientCertificate::ignored));
        const auto outcome = handshake(server.endpoint());
        CHECK(outcome.status == TlsStatus::established);
        CHECK_FALSE(outcome.client_certificate_requested);
    }
}

TEST_CASE("tls: a server that hangs up without a certificate is still known to have asked") {
    const test::Apart apart;
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const test::TcpServer server(test::tls_server(version, ClientCertificate::demanded));
        const auto outcome = handshake(server.endpoint());
        CHECK(outcome.client_certificate_requested);
        CHECK((outcome.status == TlsStatus::aborted || outcome.status == TlsStatus::established));
        CHECK(outcome.subject == "CN=hweb.example,O=Test,C=JP");
    }
}

TEST_CASE("tls: an HTTP server is not a TLS server") {
    const test::Apart apart;
    const test::TcpServer server([](int fd) {
        const std::string text = "HTTP/1.1 400 Bad Request\r\n\r\n";
        ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        char byte = 0;
        while (::recv(fd, &byte, 1, 0) == 1) {
        }
    });
    CHECK(handshake(server.endpoint()).status == TlsStatus::not_tls);
}

TEST_CASE("tls: a server that hangs up at once aborts, one that says nothing stalls") {
    const test::Apart apart;
    const test::TcpServer closes([](int) {});
    CHECK(handshake(closes.endpoint()).status == TlsStatus::aborted);
    base::UniqueFd hold;
    const test::TcpServer silent([&hold](int fd) { hold = base::UniqueFd(::dup(fd)); });
    CHECK(handshake(silent.endpoint(), 200ms).status == TlsStatus::stalled);
}

TEST_CASE("tls: a closed port refuses, no route is unsendable") {
    const test::Apart apart;
    CHECK(handshake({.address = *net::Address::parse("127.0.0.1"), .port = 9}).status == TlsStatus::refused);
    CHECK(handshake({.address = *net::Address::parse("198.51.100.1"), .port = 443}).status ==
          TlsStatus::unsendable);
}
