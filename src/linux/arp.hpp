// SPDX-License-Identifier: Apache-2.0
/// Whose an address is on a wire (ARP, RFC 826), asked as somebody who has none (RFC 5227 section 2.1.1), so
/// that no neighbour learns anything.
#pragma once

#include "base/result.hpp"
#include "net/address.hpp"
#include "port/probe.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eligate::linux_adapter {

/// For whom an ARP packet speaks: the sender of an answer or of a question, or somebody who is himself about
/// to take the address. Nothing if these bytes are no ARP of Ethernet and IPv4.
std::optional<net::Address> speaker_of(std::span<const std::uint8_t> packet);

/// Those of `addresses` that somebody on this Ethernet answers for. Asks three times within 0.3 s and listens
/// for 0.4 s, whatever is left of `until` (its cancel counts), or until all have answered; who is asleep is
/// not heard. Error system_call.
base::Result<std::vector<net::Address>>
taken_on(const std::string& interface, std::span<const net::Address> addresses, const port::Until& until);

} // namespace eligate::linux_adapter
