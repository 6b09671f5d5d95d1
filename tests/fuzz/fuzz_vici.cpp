// SPDX-License-Identifier: Apache-2.0
// Everything that is read from charon's socket: packets, and what is made of the messages in them.
#include "vici/cause.hpp"
#include "vici/listed_connection.hpp"
#include "vici/log_line.hpp"
#include "vici/packet.hpp"
#include "vici/sa.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace eligate::vici;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto packet = decode_packet(bytes);
    if (!packet)
        return 0;
    // What was understood must mean the same when it is sent. An empty name is read and never sent.
    if (const auto frame = encode_frame(*packet)) {
        if (frame->expose().substr(frame_header) != bytes)
            std::abort();
    }
    static_cast<void>(ike_sa(packet->message));
    static_cast<void>(listed_connection(packet->message));
    const std::array lines{log_line(packet->message)};
    static_cast<void>(cause_of(lines));
    return 0;
}
