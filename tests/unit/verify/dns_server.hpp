// SPDX-License-Identifier: Apache-2.0
/// Answers of a DNS server, made from the bytes of a question.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace eligate::test {

struct DnsAnswer {
    unsigned rcode = 0;
    bool truncated = false;
    unsigned addresses = 0;
};

/// 10.20.2.0, 10.20.2.1, … as A records, each 16 bytes, named by a compression pointer.
inline std::vector<std::uint8_t> dns_reply(std::span<const std::uint8_t> question, const DnsAnswer& answer) {
    std::size_t end = 12;
    while (end < question.size() && question[end] != 0)
        end += 1U + question[end];
    end += 5; // the root label, type, class
    std::vector<std::uint8_t> out(question.begin(), question.begin() + static_cast<std::ptrdiff_t>(end));
    out[2] = static_cast<std::uint8_t>(0x84U | (answer.truncated ? 2U : 0U));
    out[3] = static_cast<std::uint8_t>(answer.rcode);
    out[6] = static_cast<std::uint8_t>(answer.addresses >> 8U);
    out[7] = static_cast<std::uint8_t>(answer.addresses);
    out[10] = 0;
    out[11] = 0;
    for (unsigned i = 0; i < answer.addresses; ++i) {
        const std::vector<std::uint8_t> record{0xc0,
                                               12,
                                               0,
                                               1,
                                               0,
                                               1,
                                               0,
                                               0,
                                               0,
                                               60,
                                               0,
                                               4,
                                               10,
                                               20,
                                               static_cast<std::uint8_t>(2 + i / 256),
                                               static_cast<std::uint8_t>(i)};
        out.insert(out.end(), record.begin(), record.end());
    }
    return out;
}

} // namespace eligate::test
