// SPDX-License-Identifier: Apache-2.0
/// What a gateway's answer to our IKE_SA_INIT means. The bytes come from anybody on the internet.
#pragma once

#include "ike/init_request.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace eligate::ike {

enum class AnswerKind {
    /// A proposal suits the gateway; it only wants another Diffie-Hellman group (Answer::group).
    invalid_ke,
    /// None of the proposals suits it, or it has no configuration for us.
    no_proposal,
    /// It is busy and first wants to see that we are where we say (RFC 7296 section 2.6).
    cookie,
    /// Another error notify (Answer::notify).
    other_notify,
    /// It went on with the exchange after all.
    sa_init,
    /// It speaks IKE, but not version 2.
    other_version,
};

struct Answer {
    AnswerKind kind = AnswerKind::other_notify;
    /// invalid_ke: the group it asks for; 0 if it does not say.
    std::uint16_t group = 0;
    /// RFC 7296 section 3.10.1: the notify type.
    std::uint16_t notify = 0;
    bool operator==(const Answer&) const = default;
};

/// Nothing if these bytes are not an answer to the request with this SPI: somebody else's, or broken.
/// `port` is the gateway's port, since 4500 has the marker.
std::optional<Answer> read_answer(std::span<const std::uint8_t> datagram, const Spi& spi, std::uint16_t port);

} // namespace eligate::ike
