// SPDX-License-Identifier: Apache-2.0
/// One NTP question as a client (RFC 5905 section 7.3, mode 3) and what its answer says about our clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace eligate::verify {

using SystemTime = std::chrono::system_clock::time_point;

/// `token` comes back as the origin timestamp and proves that the answer is to this question; it need not
/// be a time (and as a random number it tells nobody ours).
std::vector<std::uint8_t> encode_ntp(std::uint64_t token);

struct NtpReply {
    /// 1..15; 0 is a "kiss of death": the server asks us to go away.
    unsigned stratum = 0;
    /// The server itself knows the time (leap indicator 3 says it does not).
    bool synchronised = false;
    SystemTime received;
    SystemTime sent;
};

/// Nothing if these bytes are not the answer to our question.
std::optional<NtpReply> read_ntp(std::span<const std::uint8_t> packet, std::uint64_t token);

/// How far the server's clock is ahead of ours (RFC 5905 section 8), when we sent at `departed` and heard at
/// `arrived` by our own clock.
std::chrono::milliseconds offset_of(const NtpReply& reply, SystemTime departed, SystemTime arrived);

} // namespace eligate::verify
