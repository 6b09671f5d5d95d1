// SPDX-License-Identifier: Apache-2.0
/// One IKE_SA_INIT request (RFC 7296 section 1.2) that learns what a gateway would say without leaving
/// anything there. It offers the profile's real proposals, and a public value of a Diffie-Hellman group that
/// is in none of them: a gateway that likes a proposal must then ask for another group (INVALID_KE_PAYLOAD,
/// section 1.2) and forget the request; one that likes none says NO_PROPOSAL_CHOSEN. Neither builds an
/// IKE_SA.
#pragma once

#include "ipsec/proposal.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace eligate::ike {

using Spi = std::array<std::uint8_t, 8>;

/// Servers listen on both (RFC 7296 section 2.23); on 4500 a message begins with four zero bytes, the non-ESP
/// marker (RFC 3948 section 2.2).
inline constexpr std::uint16_t ike_port = 500;
inline constexpr std::uint16_t nat_port = 4500;

struct InitRequest {
    /// Not zero, and different for each request.
    Spi spi{};
    /// 16 to 256 bytes (RFC 7296 section 3.9).
    std::vector<std::uint8_t> nonce;
    /// The Diffie-Hellman group of `public_value`; see foreign_group().
    std::uint16_t group = 0;
    std::vector<std::uint8_t> public_value;
};

struct Group {
    std::uint16_t id = 0;
    /// Bytes of a public value (RFC 7296 section 3.4, RFC 8031).
    std::size_t size = 0;
};

/// A group every implementation has heard of and that none of the proposals holds.
Group foreign_group(std::span<const ipsec::Proposal> proposals);

/// A request with random SPI, nonce and public value.
InitRequest fresh_request(std::span<const ipsec::Proposal> proposals);

/// The message as it goes to `port` (with the marker if that is 4500). Nothing if the proposals do not fit
/// into the format (more than 255 proposals or transforms).
std::optional<std::vector<std::uint8_t>>
encode(const InitRequest& request, std::span<const ipsec::Proposal> proposals, std::uint16_t port);

} // namespace eligate::ike
