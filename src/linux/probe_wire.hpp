// SPDX-License-Identifier: Apache-2.0
/// port::Wire on real sockets. Keeps nothing between calls, so any number of threads may use one. ICMP echo
/// needs a raw socket, so root (or CAP_NET_RAW).
#pragma once

#include "port/probe.hpp"

namespace eligate::linux_adapter {

class ProbeWire final : public port::Wire {
  public:
    base::Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                                    std::chrono::milliseconds linger,
                                                    const port::Until& until) override;
    base::Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                                     std::chrono::milliseconds linger,
                                                     const port::Until& until) override;
    base::Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> requests,
                                                    std::chrono::milliseconds linger,
                                                    const port::Until& until) override;
    base::Result<port::TlsOutcome> tls(const port::TlsRequest& request, const port::Until& until) override;
};

} // namespace eligate::linux_adapter
