// SPDX-License-Identifier: Apache-2.0
/// Datagrams under way, of UDP or raw ICMP: sent by their schedule, answered, rejected, or lost.
#pragma once

#include "base/unique_fd.hpp"
#include "port/probe.hpp"

#include <chrono>
#include <span>
#include <vector>

namespace eligate::linux_adapter {

class Datagram {
  public:
    /// Opens a connected socket, so that only this peer's datagrams arrive and ICMP errors come back to us.
    static base::Result<Datagram> open(const port::UdpRequest& request, int type, int protocol);

    /// Sends what is due.
    void send_due(std::chrono::steady_clock::time_point start);
    /// Takes in answers and ICMP errors.
    void receive();

    bool done() const { return m_done; }
    int fd() const { return m_fd.get(); }
    bool answered() const { return m_outcome.status == port::UdpStatus::answered; }
    /// When the next copy is due; far away if all are sent.
    std::chrono::steady_clock::time_point next_due(std::chrono::steady_clock::time_point start) const;
    port::UdpOutcome take() && { return std::move(m_outcome); }

  private:
    explicit Datagram(const port::UdpRequest& request)
        : m_request(&request) {}
    void end(port::UdpStatus status, int error);
    void read_error();

    const port::UdpRequest* m_request;
    base::UniqueFd m_fd;
    std::size_t m_sent = 0;
    std::chrono::steady_clock::time_point m_first_sent;
    port::UdpOutcome m_outcome;
    bool m_done = false;
};

/// Runs them all to their end.
std::vector<port::UdpOutcome> exchange(std::vector<Datagram>& datagrams, std::chrono::milliseconds linger,
                                       const port::Until& until);

} // namespace eligate::linux_adapter
