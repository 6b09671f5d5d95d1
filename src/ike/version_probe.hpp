// SPDX-License-Identifier: Apache-2.0
/// A datagram of any size that a gateway answers and forgets: an IKE message of a major version that does not
/// exist. RFC 7296 section 2.5: it is to be dropped and answered with an unprotected INVALID_MAJOR_VERSION.
/// charon does so before it looks for an IKE_SA (receiver.c, 5.9.8), so no half-open one is left there.
#pragma once

#include "ike/init_request.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace eligate::ike {

/// For port 500; `size` bytes of UDP payload, at least a header (28).
std::vector<std::uint8_t> version_probe(const Spi& spi, std::size_t size);

/// Random, never zero.
Spi fresh_spi();

/// Whether this came from one who read the probe with this SPI; what exactly it says does not matter.
bool answers_version_probe(std::span<const std::uint8_t> datagram, const Spi& spi);

} // namespace eligate::ike
