// SPDX-License-Identifier: Apache-2.0
#include "ike/answer.hpp"

#include <algorithm>

namespace eligate::ike {
namespace {

constexpr std::size_t header_size = 28;
constexpr std::uint8_t payload_none = 0;
constexpr std::uint8_t payload_sa = 33;
constexpr std::uint8_t payload_notify = 41;
constexpr std::uint8_t exchange_sa_init = 34;
constexpr std::uint8_t flag_response = 0x20;

// RFC 7296 section 3.10.1. Types below 16384 are errors.
constexpr std::uint16_t notify_invalid_major_version = 5;
constexpr std::uint16_t notify_no_proposal_chosen = 14;
constexpr std::uint16_t notify_invalid_ke_payload = 17;
constexpr std::uint16_t first_status_notify = 16384;
constexpr std::uint16_t notify_cookie = 16390;

// A gateway sends a handful of payloads; more is somebody playing.
constexpr int most_payloads = 64;

using Bytes = std::span<const std::uint8_t>;

std::uint16_t get16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>((unsigned{bytes[at]} << 8U) | bytes[at + 1]);
}

std::uint32_t get32(Bytes bytes, std::size_t at) {
    return (std::uint32_t{get16(bytes, at)} << 16U) | get16(bytes, at + 2);
}

/// Nothing for a status notify, which only accompanies something else.
std::optional<Answer> meaning_of(Bytes notify) {
    // Protocol, SPI size, type, SPI, data (RFC 7296 section 3.10).
    if (notify.size() < 4 || notify.size() < 4U + notify[1])
        return std::nullopt;
    const auto type = get16(notify, 2);
    const auto data = notify.subspan(4U + notify[1]);
    if (type == notify_cookie)
        return Answer{.kind = AnswerKind::cookie, .notify = type};
    if (type >= first_status_notify)
        return std::nullopt;
    if (type == notify_no_proposal_chosen)
        return Answer{.kind = AnswerKind::no_proposal, .notify = type};
    if (type == notify_invalid_ke_payload)
        return Answer{.kind = AnswerKind::invalid_ke,
                      .group = data.size() >= 2 ? get16(data, 0) : std::uint16_t{0},
                      .notify = type};
    if (type == notify_invalid_major_version)
        return Answer{.kind = AnswerKind::other_version, .notify = type};
    return Answer{.kind = AnswerKind::other_notify, .notify = type};
}

/// The first payload that decides; nothing if the chain is broken or decides nothing.
std::optional<Answer> walk(Bytes payloads, std::uint8_t type) {
    std::optional<Answer> found;
    for (int count = 0; type != payload_none; ++count) {
        if (count == most_payloads || payloads.size() < 4)
            return std::nullopt;
        const auto length = get16(payloads, 2);
        if (length < 4 || length > payloads.size())
            return std::nullopt;
        if (!found && type == payload_sa)
            found = Answer{.kind = AnswerKind::sa_init};
        if (!found && type == payload_notify)
            found = meaning_of(payloads.subspan(4, length - 4U));
        type = payloads[0];
        payloads = payloads.subspan(length);
    }
    return payloads.empty() ? found : std::nullopt;
}

} // namespace

std::optional<Answer> read_answer(Bytes datagram, const Spi& spi, std::uint16_t port) {
    if (port == nat_port) {
        if (datagram.size() < 4 || get32(datagram, 0) != 0)
            return std::nullopt;
        datagram = datagram.subspan(4);
    }
    if (datagram.size() < header_size || !std::ranges::equal(datagram.first(8), spi) ||
        get32(datagram, 24) != datagram.size())
        return std::nullopt;
    const unsigned major = datagram[17] >> 4U;
    // An IKEv1-only daemon answers in its own version, with its own flags and exchange types.
    if (major == 1)
        return Answer{.kind = AnswerKind::other_version};
    if (major != 2 || datagram[18] != exchange_sa_init || (datagram[19] & flag_response) == 0 ||
        get32(datagram, 20) != 0)
        return std::nullopt;
    return walk(datagram.subspan(header_size), datagram[16]);
}

} // namespace eligate::ike
