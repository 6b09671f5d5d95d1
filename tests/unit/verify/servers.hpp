// SPDX-License-Identifier: Apache-2.0
/// Small real servers on the loopback interface, each a thread that ends with its object.
#pragma once

#include "base/cancel.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace eligate::test {

using Bytes = std::vector<std::uint8_t>;

/// Answers each datagram with what the handler returns; nothing: stays silent.
class UdpServer {
  public:
    explicit UdpServer(std::function<std::optional<Bytes>(std::span<const std::uint8_t>)> handler,
                       std::uint16_t port = 0);
    UdpServer(const UdpServer&) = delete;
    UdpServer& operator=(const UdpServer&) = delete;
    UdpServer(UdpServer&&) = delete;
    UdpServer& operator=(UdpServer&&) = delete;
    ~UdpServer();
    net::Endpoint endpoint() const { return m_endpoint; }

  private:
    base::UniqueFd m_socket;
    net::Endpoint m_endpoint;
    base::Cancel m_stop;
    std::thread m_thread;
};

/// Serves one connection after another; the handler gets the connected (blocking) socket.
class TcpServer {
  public:
    explicit TcpServer(std::function<void(int)> handler);
    TcpServer(const TcpServer&) = delete;
    TcpServer& operator=(const TcpServer&) = delete;
    TcpServer(TcpServer&&) = delete;
    TcpServer& operator=(TcpServer&&) = delete;
    ~TcpServer();
    net::Endpoint endpoint() const { return m_endpoint; }
    /// Readable once this server is to end: for handlers that wait.
    int stop_fd() const { return m_stop.fd(); }

  private:
    base::UniqueFd m_socket;
    net::Endpoint m_endpoint;
    base::Cancel m_stop;
    std::thread m_thread;
};

enum class ClientCertificate { ignored, asked_for, demanded };

/// A TLS server with a certificate for "hweb.example", as a TcpServer's handler. `version` is TLS1_2_VERSION
/// or TLS1_3_VERSION.
std::function<void(int)> tls_server(int version, ClientCertificate wish);

} // namespace eligate::test
