// SPDX-License-Identifier: Apache-2.0
/// How much of a packet on the line is left for a packet inside the tunnel.
#pragma once

#include "ipsec/proposal.hpp"

#include <span>

namespace eligate::ipsec {

/// Bytes (RFC 791, RFC 8200, without options and extensions).
inline constexpr unsigned ipv4_header = 20;
inline constexpr unsigned ipv6_header = 40;

/// The largest inner packet that fits into one outer packet of `outer` bytes in ESP tunnel mode (RFC 4303)
/// inside UDP (RFC 3948): the smallest over everything that the peer may choose from these ESP proposals,
/// none of which is empty. `ip_header`: of the outer packet. 0 if nothing fits.
unsigned inner_mtu(unsigned outer, unsigned ip_header, std::span<const Proposal> proposals);

} // namespace eligate::ipsec
