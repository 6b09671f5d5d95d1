// SPDX-License-Identifier: Apache-2.0
/// Something of our own for what lies behind the tunnel, and what the SA's counters say of it.
#pragma once

#include "verify/scene.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace eligate::verify {

/// Packets of each CHILD_SA, in and out.
using Counters = std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>>;
base::Result<Counters> read_counters(Scene& scene);

struct Growth {
    std::uint64_t in = 0;
    std::uint64_t out = 0;
};
/// A CHILD_SA that was rekeyed in between is new and counts from zero.
Growth growth(const Counters& before, const Counters& after);

/// Where something behind the tunnel should answer: the DNS servers, else the destinations' first hosts.
std::vector<net::Address> targets_of(const Wanted& wanted);

/// A question for the sample name to each of them, padded to this size, which then must not be fragmented.
std::vector<port::UdpRequest> dns_requests(const Scene& scene, const std::vector<net::Address>& targets,
                                           std::size_t padded_size = 0);

struct Heard {
    bool anything = false;
    /// Why this machine could not send, if it could not.
    std::string reason;
};

/// DNS first, as it is what the tunnel is there for; where that stays silent, TCP and ICMP, so that a dead
/// DNS service is not taken for a dead tunnel. An ICMP error or a reset is as good as an answer: it came
/// back. An ICMP error of `nearby`, the addresses of the router before
/// the tunnel, is none.
base::Result<Heard> provoke(const Scene& scene, const port::Until& until,
                            std::span<const net::Address> nearby = {});

} // namespace eligate::verify
