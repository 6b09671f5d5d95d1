// SPDX-License-Identifier: Apache-2.0
#include "ipsec/overhead.hpp"

#include "ipsec/keywords.hpp"

#include <algorithm>

namespace eligate::ipsec {
namespace {

constexpr unsigned udp_header = 8;
// SPI and sequence number; the extended one is not sent.
constexpr unsigned esp_header = 8;
// Padding length and next header, encrypted behind the payload.
constexpr unsigned esp_trailer = 2;

struct Cost {
    unsigned iv = 0;
    unsigned icv = 0;
    /// What the ciphertext is a multiple of.
    unsigned block = 4;
};

/// An AEAD's own ICV (RFC 4106, RFC 4309, RFC 7634: the transform's number holds its length).
unsigned aead_icv(const Transform& encryption) {
    switch (encryption.id) {
    case 14:
    case 18:
        return 8;
    case 15:
    case 19:
        return 12;
    default:
        return 16;
    }
}

Cost cost_of_encryption(const Transform& encryption) {
    if (is_aead(encryption))
        return {.iv = 8, .icv = aead_icv(encryption)};
    // Counter mode (RFC 3686; Camellia: RFC 5529) pads to four bytes as every ESP does.
    if (encryption.id == 13 || encryption.id == 24)
        return {.iv = 8};
    // CBC with blocks of 16 bytes: AES (RFC 3602), Camellia (RFC 4312).
    return {.iv = 16, .block = 16};
}

/// RFC 4868, and 96 bits for the older ones (RFC 2404, RFC 3566, RFC 4494).
unsigned icv_of(const Transform& integrity) {
    switch (integrity.id) {
    case 12:
        return 16;
    case 13:
        return 24;
    case 14:
        return 32;
    default:
        return 12;
    }
}

unsigned worst_icv(const Proposal& proposal) {
    unsigned worst = 0;
    for (const auto& transform : proposal.transforms())
        if (transform.type == TransformType::integrity)
            worst = std::max(worst, icv_of(transform));
    return worst;
}

unsigned inner_of(unsigned room, const Cost& cost) {
    const unsigned fixed = cost.iv + cost.icv;
    if (room < fixed + cost.block)
        return 0;
    return (room - fixed) / cost.block * cost.block - esp_trailer;
}

} // namespace

unsigned inner_mtu(unsigned outer, unsigned ip_header, std::span<const Proposal> proposals) {
    const unsigned headers = ip_header + udp_header + esp_header;
    const unsigned room = outer > headers ? outer - headers : 0;
    unsigned smallest = room;
    for (const auto& proposal : proposals) {
        const auto icv = worst_icv(proposal);
        for (const auto& transform : proposal.transforms()) {
            if (transform.type != TransformType::encryption)
                continue;
            auto cost = cost_of_encryption(transform);
            if (!is_aead(transform))
                cost.icv = icv;
            smallest = std::min(smallest, inner_of(room, cost));
        }
    }
    return smallest;
}

} // namespace eligate::ipsec
