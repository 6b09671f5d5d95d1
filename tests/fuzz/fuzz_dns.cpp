// SPDX-License-Identifier: Apache-2.0
// Everything that is read from servers behind the tunnel: DNS answers over UDP and TCP, NTP answers.
#include "verify/dns_message.hpp"
#include "verify/ntp_message.hpp"

#include <cstdint>
#include <cstdlib>
#include <span>

using namespace eligate::verify;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(data, size);
    // Every input counts as an answer to its own id, so that the walk begins.
    DnsQuestion question{.id = 0, .name = "pweb.example"};
    if (size >= 2)
        question.id = static_cast<std::uint16_t>((unsigned{data[0]} << 8U) | data[1]);
    if (const auto reply = read_reply(bytes, question);
        reply && (reply->size != size || reply->addresses.size() > 512))
        std::abort();
    const auto message = unframed(bytes);
    if (frame_complete(bytes) && message.size() + 2 > size)
        std::abort();
    static_cast<void>(read_reply(message, question));
    std::uint64_t token = 0;
    for (const auto byte : bytes.subspan(size >= 32 ? 24 : size).first(size >= 32 ? 8 : 0))
        token = (token << 8U) | byte;
    if (const auto reply = read_ntp(bytes, token))
        static_cast<void>(offset_of(*reply, {}, {}));
    return 0;
}
