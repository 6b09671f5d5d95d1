// SPDX-License-Identifier: Apache-2.0
#include "vici/packet.hpp"

#include "catalog/catalog.hpp"
#include "vici/wire.hpp"

namespace eligate::vici {
namespace {

namespace code = catalog::code;

bool has_name(PacketType type) {
    return type == PacketType::command_request || type == PacketType::event_register ||
           type == PacketType::event_unregister || type == PacketType::event;
}

bool has_message(PacketType type) {
    return type == PacketType::command_request || type == PacketType::command_response ||
           type == PacketType::event;
}

base::Unexpected broken(base::Message reason) {
    return base::fail(code::charon_protocol, std::move(reason));
}

} // namespace

base::Result<base::Secret> encode_frame(const Packet& packet) {
    const std::size_t name_size = has_name(packet.type) ? 1 + packet.name.size() : 0;
    const std::size_t message_size = has_message(packet.type) ? wire::size_of(packet.message) : 0;
    const std::size_t length = 1 + name_size + message_size;
    if (length > max_frame ||
        (has_name(packet.type) && (packet.name.empty() || !wire::is_printable_name(packet.name))))
        return base::fail(code::value_unfit, base::msg(N_("A request to strongSwan is too large.")));
    ELIGATE_TRY(wire::check(packet.message, 0));

    std::string bytes;
    // One allocation, so that no abandoned buffer keeps a secret.
    bytes.reserve(frame_header + length);
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        bytes += static_cast<char>(static_cast<unsigned char>((length >> shift) & 0xffU));
    bytes += static_cast<char>(packet.type);
    if (has_name(packet.type))
        wire::put_name(bytes, packet.name);
    if (has_message(packet.type))
        wire::put(bytes, packet.message);
    base::Secret frame{std::string_view(bytes)};
    base::wipe(bytes);
    return frame;
}

base::Result<std::size_t> frame_length(std::array<unsigned char, frame_header> header) {
    std::size_t length = 0;
    for (const unsigned char byte : header)
        length = (length << 8U) | byte;
    if (length == 0 || length > max_frame)
        return base::fail(code::charon_protocol, base::msg(N_("strongSwan sent a frame of impossible size.")),
                          {{"bytes", std::to_string(length)}});
    return length;
}

base::Result<Packet> decode_packet(std::string_view bytes) {
    if (bytes.empty() || bytes.size() > max_frame)
        return broken(base::msg(N_("strongSwan sent a frame of impossible size.")));
    wire::Reader reader(bytes);
    ELIGATE_TRY_ASSIGN(const std::uint8_t type, reader.byte());
    if (type > static_cast<std::uint8_t>(PacketType::event))
        return broken(base::msg(N_("strongSwan sent a packet of unknown type.")));
    Packet packet{.type = static_cast<PacketType>(type), .name = {}, .message = {}};
    if (has_name(packet.type)) {
        ELIGATE_TRY_ASSIGN(const std::string_view name, reader.name());
        packet.name = name;
    }
    // What follows a type that carries no message would be ignored by nobody's rule: read it all the same.
    ELIGATE_TRY_ASSIGN(packet.message, reader.message());
    if (!has_message(packet.type) && !packet.message.empty())
        return broken(base::msg(N_("strongSwan sent a packet with something behind its end.")));
    return packet;
}

} // namespace eligate::vici
