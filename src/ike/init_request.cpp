// SPDX-License-Identifier: Apache-2.0
#include "ike/init_request.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace eligate::ike {
namespace {

// RFC 7296 section 3.2: payload types.
constexpr std::uint8_t payload_none = 0;
constexpr std::uint8_t payload_sa = 33;
constexpr std::uint8_t payload_ke = 34;
constexpr std::uint8_t payload_nonce = 40;

constexpr std::uint8_t version_2 = 0x20;
constexpr std::uint8_t exchange_sa_init = 34;
constexpr std::uint8_t flag_initiator = 0x08;

constexpr std::size_t header_size = 28;
constexpr std::size_t payload_header_size = 4;

// RFC 7296 section 3.3.5: the one transform attribute there is, in its short form.
constexpr std::uint16_t key_length_attribute = 0x8000 | 14;

using Bytes = std::vector<std::uint8_t>;

void put16(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8U));
    out.push_back(static_cast<std::uint8_t>(value));
}

void set16(Bytes& out, std::size_t at, std::size_t value) {
    out[at] = static_cast<std::uint8_t>(value >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(value);
}

void set32(Bytes& out, std::size_t at, std::size_t value) {
    set16(out, at, value >> 16U);
    set16(out, at + 2, value);
}

void put_transform(Bytes& out, const ipsec::Transform& transform, bool last) {
    const bool with_key_length = transform.key_bits != 0;
    out.push_back(last ? 0 : 3);
    out.push_back(0);
    put16(out, with_key_length ? 12 : 8);
    out.push_back(static_cast<std::uint8_t>(transform.type));
    out.push_back(0);
    put16(out, transform.id);
    if (with_key_length) {
        put16(out, key_length_attribute);
        put16(out, transform.key_bits);
    }
}

void put_proposal(Bytes& out, const ipsec::Proposal& proposal, std::size_t number, bool last) {
    const auto start = out.size();
    const auto transforms = proposal.transforms();
    out.push_back(last ? 0 : 2);
    out.push_back(0);
    put16(out, 0); // length, set below
    out.push_back(static_cast<std::uint8_t>(number));
    out.push_back(1); // protocol IKE
    out.push_back(0); // no SPI in the first exchange
    out.push_back(static_cast<std::uint8_t>(transforms.size()));
    for (std::size_t i = 0; i < transforms.size(); ++i)
        put_transform(out, transforms[i], i + 1 == transforms.size());
    set16(out, start + 2, out.size() - start);
}

/// Appends a payload header; `close` fills its length in once the body is there.
std::size_t open_payload(Bytes& out, std::uint8_t next) {
    out.push_back(next);
    out.push_back(0);
    put16(out, 0);
    return out.size() - payload_header_size;
}

void close_payload(Bytes& out, std::size_t start) {
    set16(out, start + 2, out.size() - start);
}

void fill_random(std::span<std::uint8_t> bytes) {
    // Only fails without any entropy source, and then nothing on this machine is safe.
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        std::abort();
}

bool holds(const ipsec::Proposal& proposal, std::uint16_t group) {
    return std::ranges::any_of(proposal.transforms(), [group](const ipsec::Transform& transform) {
        return transform.type == ipsec::TransformType::dh_group && transform.id == group;
    });
}

} // namespace

Group foreign_group(std::span<const ipsec::Proposal> proposals) {
    // Groups whose public values are plain numbers or plain strings, so that random bytes are valid ones:
    // MODP 2048, curve25519, MODP 3072, MODP 4096. MODP 1024 is last because strict gateways dislike it; a
    // profile may not offer it, so it is always free.
    constexpr std::array<Group, 4> groups{{{14, 256}, {31, 32}, {15, 384}, {16, 512}}};
    constexpr Group never_offered{.id = 2, .size = 128};
    const auto* const free = std::ranges::find_if(groups, [proposals](const Group& group) {
        return std::ranges::none_of(proposals,
                                    [&group](const auto& proposal) { return holds(proposal, group.id); });
    });
    return free == groups.end() ? never_offered : *free;
}

InitRequest fresh_request(std::span<const ipsec::Proposal> proposals) {
    const Group group = foreign_group(proposals);
    InitRequest request{.spi = {}, .nonce = Bytes(32), .group = group.id, .public_value = Bytes(group.size)};
    fill_random(request.spi);
    request.spi[0] |= 1U; // never zero
    fill_random(request.nonce);
    fill_random(request.public_value);
    // All MODP primes begin with 64 one bits, so a cleared top bit keeps the number below the prime.
    request.public_value[0] &= 0x7fU;
    return request;
}

std::optional<Bytes> encode(const InitRequest& request, std::span<const ipsec::Proposal> proposals,
                            std::uint16_t port) {
    if (proposals.empty() || proposals.size() > 255 ||
        std::ranges::any_of(proposals, [](const auto& each) { return each.transforms().size() > 255; }))
        return std::nullopt;
    Bytes out;
    out.insert(out.end(), request.spi.begin(), request.spi.end());
    out.insert(out.end(), 8, 0); // the responder's SPI is not known yet
    out.insert(out.end(), {payload_sa, version_2, exchange_sa_init, flag_initiator});
    out.insert(out.end(), 8, 0); // message ID 0, and the length set below

    const auto sa = open_payload(out, payload_ke);
    for (std::size_t i = 0; i < proposals.size(); ++i)
        put_proposal(out, proposals[i], i + 1, i + 1 == proposals.size());
    // Payload lengths are 16 bits.
    if (out.size() - sa > 0xffff)
        return std::nullopt;
    close_payload(out, sa);

    const auto ke = open_payload(out, payload_nonce);
    put16(out, request.group);
    put16(out, 0);
    out.insert(out.end(), request.public_value.begin(), request.public_value.end());
    close_payload(out, ke);

    const auto nonce = open_payload(out, payload_none);
    out.insert(out.end(), request.nonce.begin(), request.nonce.end());
    close_payload(out, nonce);

    set32(out, header_size - 4, out.size());
    if (port == nat_port)
        out.insert(out.begin(), 4, 0);
    return out;
}

} // namespace eligate::ike
