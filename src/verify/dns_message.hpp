// SPDX-License-Identifier: Apache-2.0
/// DNS messages (RFC 1035, EDNS RFC 6891), as much as the checks need: one question, and the addresses, size
/// and truncation of its answer. c-ares hides the last two, which are what the field's faults are about.
/// The bytes of an answer come from anybody; every walk is bounded.
#pragma once

#include "net/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::verify {

/// What one of our own resolvers would announce; large enough for everything the network's servers send.
inline constexpr std::uint16_t edns_size = 4096;

enum class Rcode : std::uint8_t {
    no_error = 0,
    format_error = 1,
    server_failure = 2,
    no_such_name = 3,
    refused = 5
};

struct DnsQuestion {
    std::uint16_t id = 0;
    /// With or without the final dot; letters, digits, "-" and "_".
    std::string name;
    /// The largest reply over UDP that we say we take.
    std::uint16_t payload_size = edns_size;
    /// Bytes to pad the message to with the EDNS padding option (RFC 7830); 0: no padding.
    std::size_t padded_size = 0;
};

/// What every DNS server and every path takes (RFC 1035 section 4.2.1).
inline constexpr std::uint16_t classic_size = 512;

/// The question for the A records, with EDNS. Nothing if the name is not one.
std::optional<std::vector<std::uint8_t>> encode(const DnsQuestion& question);

/// The same bytes as they go over TCP: with their length before them (RFC 1035 section 4.2.2).
std::vector<std::uint8_t> framed(std::span<const std::uint8_t> message);
/// Whether a whole message stands in these bytes from a TCP stream.
bool frame_complete(std::span<const std::uint8_t> stream);
/// The message in a complete frame; empty if it is not complete.
std::span<const std::uint8_t> unframed(std::span<const std::uint8_t> stream);

struct DnsReply {
    Rcode rcode = Rcode::no_error;
    bool truncated = false;
    /// Bytes of the whole message.
    std::size_t size = 0;
    /// Of the A records in the answer section; at most 512.
    std::vector<net::Address> addresses;
};

/// Nothing if these bytes are not an answer to the question.
std::optional<DnsReply> read_reply(std::span<const std::uint8_t> message, const DnsQuestion& question);

} // namespace eligate::verify
