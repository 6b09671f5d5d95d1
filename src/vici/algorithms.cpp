// SPDX-License-Identifier: Apache-2.0
#include "vici/algorithms.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

namespace eligate::vici {
namespace {

using ipsec::TransformType;

struct Name {
    TransformType type;
    std::uint16_t id;
    std::string_view text;
};

// crypter.c, aead.c, signer.c, prf.c and key_exchange.c of strongSwan 5.9.8 and 6.0 (the same names), for
// every keyword that ipsec/keywords.cpp accepts.
constexpr auto names = std::to_array<Name>({
    {TransformType::encryption, 12, "AES_CBC"},
    {TransformType::encryption, 13, "AES_CTR"},
    {TransformType::encryption, 14, "AES_CCM_8"},
    {TransformType::encryption, 15, "AES_CCM_12"},
    {TransformType::encryption, 16, "AES_CCM_16"},
    {TransformType::encryption, 18, "AES_GCM_8"},
    {TransformType::encryption, 19, "AES_GCM_12"},
    {TransformType::encryption, 20, "AES_GCM_16"},
    {TransformType::encryption, 23, "CAMELLIA_CBC"},
    {TransformType::encryption, 24, "CAMELLIA_CTR"},
    {TransformType::encryption, 28, "CHACHA20_POLY1305"},
    {TransformType::integrity, 2, "HMAC_SHA1_96"},
    {TransformType::integrity, 5, "AES_XCBC_96"},
    {TransformType::integrity, 8, "AES_CMAC_96"},
    {TransformType::integrity, 12, "HMAC_SHA2_256_128"},
    {TransformType::integrity, 13, "HMAC_SHA2_384_192"},
    {TransformType::integrity, 14, "HMAC_SHA2_512_256"},
    {TransformType::prf, 2, "PRF_HMAC_SHA1"},
    {TransformType::prf, 4, "PRF_AES128_XCBC"},
    {TransformType::prf, 5, "PRF_HMAC_SHA2_256"},
    {TransformType::prf, 6, "PRF_HMAC_SHA2_384"},
    {TransformType::prf, 7, "PRF_HMAC_SHA2_512"},
    {TransformType::prf, 8, "PRF_AES128_CMAC"},
    {TransformType::dh_group, 14, "MODP_2048"},
    {TransformType::dh_group, 15, "MODP_3072"},
    {TransformType::dh_group, 16, "MODP_4096"},
    {TransformType::dh_group, 17, "MODP_6144"},
    {TransformType::dh_group, 18, "MODP_8192"},
    {TransformType::dh_group, 19, "ECP_256"},
    {TransformType::dh_group, 20, "ECP_384"},
    {TransformType::dh_group, 21, "ECP_521"},
    {TransformType::dh_group, 28, "ECP_256_BP"},
    {TransformType::dh_group, 29, "ECP_384_BP"},
    {TransformType::dh_group, 30, "ECP_512_BP"},
    {TransformType::dh_group, 31, "CURVE_25519"},
    {TransformType::dh_group, 32, "CURVE_448"},
});

/// The section's keys are the algorithms, their values the plugins.
void add_names(const Message& answer, std::string_view section, std::vector<std::string>& into) {
    if (const auto* const found = answer.section(section))
        std::ranges::transform(found->entries(), std::back_inserter(into), &Message::Entry::name);
}

} // namespace

OfferedAlgorithms offered_algorithms(const Message& answer) {
    OfferedAlgorithms offered;
    add_names(answer, "encryption", offered.encryption);
    add_names(answer, "aead", offered.encryption);
    add_names(answer, "integrity", offered.integrity);
    add_names(answer, "prf", offered.prf);
    add_names(answer, "dh", offered.key_exchange);
    // Its name since 6.0.
    add_names(answer, "ke", offered.key_exchange);
    return offered;
}

bool OfferedAlgorithms::offers(const ipsec::Transform& transform) const {
    const auto in = [&](const std::vector<std::string>& list) {
        return std::ranges::find(list, strongswan_name(transform)) != list.end();
    };
    switch (transform.type) {
    case TransformType::encryption:
        return in(encryption);
    case TransformType::integrity:
        return in(integrity);
    case TransformType::prf:
        return in(prf);
    case TransformType::dh_group:
        return in(key_exchange);
    case TransformType::esn:
        return true;
    }
    return true;
}

std::string_view strongswan_name(const ipsec::Transform& transform) {
    const auto* const found = std::ranges::find_if(
        names, [&](const Name& name) { return name.type == transform.type && name.id == transform.id; });
    return found == names.end() ? std::string_view() : found->text;
}

} // namespace eligate::vici
