// SPDX-License-Identifier: Apache-2.0
/// Questions to the provider's DNS servers, through the tunnel. Names of the eligibility network are never
/// asked of the line's resolver: the question alone would leak.
#pragma once

#include "verify/dns_message.hpp"
#include "verify/scene.hpp"

#include <optional>
#include <variant>
#include <vector>

namespace eligate::verify {

/// small_udp: UDP that asks for no more than 512 bytes; what does not fit comes truncated.
enum class Transport { udp, tcp, small_udp };

/// What one server said.
struct ServerAnswer {
    net::Address server;
    /// Nothing: no answer.
    std::optional<DnsReply> reply = std::nullopt;
    /// It refuses: an ICMP error, or a reset.
    bool refused = false;
    std::chrono::milliseconds millis{0};
};

/// All servers at the same time, in the profile's order.
base::Result<std::vector<ServerAnswer>> ask(const Scene& scene, const std::string& name, Transport transport,
                                            const port::Until& until);

/// "2310 bytes, 3 addresses, 14 ms" / "NXDOMAIN, 9 ms" / "no answer", for the evidence.
std::string text_of(const ServerAnswer& answer);

/// What each server said, under "udp 10.20.0.53" where `how` is "udp".
void note(base::Evidence& evidence, const char* how, const std::vector<ServerAnswer>& answers);

/// One of the answers, or nothing (null) if no server replied.
struct Best {
    net::Address server;
    const DnsReply* reply = nullptr;
};
/// A reply with addresses before any other. Points into `answers`.
Best best_of(const std::vector<ServerAnswer>& answers);

/// Why no address came, as a finding (`fail`), when `best_of` has none.
Finding without_address(const std::string& name, const std::vector<ServerAnswer>& answers,
                        base::Evidence evidence);

/// The addresses of a host (itself if it is an address), or the finding that says why there are none.
std::variant<std::vector<net::Address>, Finding> inner_addresses(const Scene& scene, const std::string& host,
                                                                 const port::Until& until);

} // namespace eligate::verify
