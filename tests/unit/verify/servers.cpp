// SPDX-License-Identifier: Apache-2.0
#include "unit/verify/servers.hpp"

#include "linux/probe_socket.hpp"
#include "unit/vici/real_charon.hpp"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <memory>
#include <stdexcept>

namespace eligate::test {
namespace {

net::Endpoint bind_to_loopback(int fd, std::uint16_t port) {
    const net::Endpoint wanted{.address = *net::Address::parse("127.0.0.1"), .port = port};
    const auto address = linux_adapter::socket_address(wanted);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    int type = 0;
    socklen_t type_size = sizeof type;
    ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size);
    if (fd < 0 || ::bind(fd, address.get(), address.size) != 0 ||
        (type == SOCK_STREAM && ::listen(fd, 16) != 0) ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0)
        throw std::runtime_error("cannot bind");
    return {.address = wanted.address, .port = ntohs(bound.sin_port)};
}

/// False once the server is to end.
bool wait_for_work(int fd, const base::Cancel& stop) {
    std::array<pollfd, 2> fds{
        {{.fd = fd, .events = POLLIN, .revents = 0}, {.fd = stop.fd(), .events = POLLIN, .revents = 0}}};
    while (::poll(fds.data(), fds.size(), -1) < 0) {
    }
    return fds[1].revents == 0;
}

} // namespace

UdpServer::UdpServer(std::function<std::optional<Bytes>(std::span<const std::uint8_t>)> handler,
                     std::uint16_t port)
    : m_socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
    , m_endpoint(bind_to_loopback(m_socket.get(), port))
    , m_thread([this, handler = std::move(handler)] {
        Bytes buffer(65'536);
        while (wait_for_work(m_socket.get(), m_stop)) {
            sockaddr_storage from{};
            socklen_t size = sizeof from;
            const auto count = ::recvfrom(m_socket.get(), buffer.data(), buffer.size(), 0,
                                          reinterpret_cast<sockaddr*>(&from), &size);
            if (count < 0)
                continue;
            if (const auto answer = handler(std::span(buffer).first(static_cast<std::size_t>(count))))
                ::sendto(m_socket.get(), answer->data(), answer->size(), 0,
                         reinterpret_cast<sockaddr*>(&from), size);
        }
    }) {}

UdpServer::~UdpServer() {
    m_stop.request();
    m_thread.join();
}

TcpServer::TcpServer(std::function<void(int)> handler)
    : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    , m_endpoint(bind_to_loopback(m_socket.get(), 0))
    , m_thread([this, handler = std::move(handler)] {
        while (wait_for_work(m_socket.get(), m_stop)) {
            const base::UniqueFd peer(::accept4(m_socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (peer)
                handler(peer.get());
        }
    }) {}

TcpServer::~TcpServer() {
    m_stop.request();
    m_thread.join();
}

std::function<void(int)> tls_server(int version, ClientCertificate wish) {
    const auto made = make_certificate("hweb.example", false);
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    const auto* bytes = reinterpret_cast<const unsigned char*>(made.der.data());
    SSL_CTX_use_certificate_ASN1(context.get(), static_cast<int>(made.der.size()), bytes);
    bytes = reinterpret_cast<const unsigned char*>(made.key.data());
    EVP_PKEY* const key = d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(made.key.size()));
    SSL_CTX_use_PrivateKey(context.get(), key);
    EVP_PKEY_free(key);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    const int ask = wish == ClientCertificate::ignored ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    const int demand = wish == ClientCertificate::demanded ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context.get(), ask | demand, nullptr);
    return [context](int fd) {
        // The probe hangs up as soon as it knows enough.
        static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
        SSL_set_fd(ssl.get(), fd);
        SSL_accept(ssl.get());
    };
}

} // namespace eligate::test
