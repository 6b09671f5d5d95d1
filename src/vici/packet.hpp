// SPDX-License-Identifier: Apache-2.0
/// VICI packets and their frames: a length of four bytes in network order, the packet type, for some types a
/// name, then the message.
#pragma once

#include "vici/message.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace eligate::vici {

/// The values are the wire's.
enum class PacketType : std::uint8_t {
    command_request = 0,
    command_response = 1,
    command_unknown = 2,
    event_register = 3,
    event_unregister = 4,
    event_confirm = 5,
    event_unknown = 6,
    event = 7,
};

struct Packet {
    PacketType type = PacketType::command_request;
    /// Of the command or event; empty for the types that carry none.
    std::string name;
    Message message;
    bool operator==(const Packet&) const = default;
};

inline constexpr std::size_t frame_header = 4;

/// The whole frame, its length in front.
base::Result<base::Secret> encode_frame(const Packet& packet);

/// How many bytes follow the header; IKE002 if that is nothing or more than max_frame.
base::Result<std::size_t> frame_length(std::array<unsigned char, frame_header> header);

/// What follows the header.
base::Result<Packet> decode_packet(std::string_view bytes);

} // namespace eligate::vici
