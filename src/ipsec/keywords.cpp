// SPDX-License-Identifier: Apache-2.0
#include "ipsec/keywords.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace eligate::ipsec {
namespace {

using enum TransformType;
using enum Judgement;

// strongSwan 5.9.8, proposal_keywords_static.txt; the numbers are IANA's "IKEv2 Parameters" (1024 and above:
// strongSwan's private use). Refused: RFC 8247 section 2 and RFC 8221 section 5 MUST NOT and SHOULD NOT; 22
// to 24 besides (RFC 8247: "small subgroups"); below 112 bits of strength; sha256_96 is a bug of old Linux
// kernels; null and gmac do not encrypt. Newer keywords that Debian's plugins do not offer are unknown.
constexpr auto table = std::to_array<Keyword>({
    {{encryption, 12, 128, "aes"}, accepted},
    {{encryption, 12, 128, "aes128"}, accepted},
    {{encryption, 12, 192, "aes192"}, accepted},
    {{encryption, 12, 256, "aes256"}, accepted},
    {{encryption, 13, 128, "aes128ctr"}, accepted},
    {{encryption, 13, 192, "aes192ctr"}, accepted},
    {{encryption, 13, 256, "aes256ctr"}, accepted},
    {{encryption, 14, 128, "aes128ccm8"}, accepted},
    {{encryption, 14, 128, "aes128ccm64"}, accepted},
    {{encryption, 14, 192, "aes192ccm8"}, accepted},
    {{encryption, 14, 192, "aes192ccm64"}, accepted},
    {{encryption, 14, 256, "aes256ccm8"}, accepted},
    {{encryption, 14, 256, "aes256ccm64"}, accepted},
    {{encryption, 15, 128, "aes128ccm12"}, accepted},
    {{encryption, 15, 128, "aes128ccm96"}, accepted},
    {{encryption, 15, 192, "aes192ccm12"}, accepted},
    {{encryption, 15, 192, "aes192ccm96"}, accepted},
    {{encryption, 15, 256, "aes256ccm12"}, accepted},
    {{encryption, 15, 256, "aes256ccm96"}, accepted},
    {{encryption, 16, 128, "aes128ccm16"}, accepted},
    {{encryption, 16, 128, "aes128ccm128"}, accepted},
    {{encryption, 16, 128, "aes128ccm"}, accepted},
    {{encryption, 16, 192, "aes192ccm16"}, accepted},
    {{encryption, 16, 192, "aes192ccm128"}, accepted},
    {{encryption, 16, 192, "aes192ccm"}, accepted},
    {{encryption, 16, 256, "aes256ccm16"}, accepted},
    {{encryption, 16, 256, "aes256ccm128"}, accepted},
    {{encryption, 16, 256, "aes256ccm"}, accepted},
    {{encryption, 18, 128, "aes128gcm8"}, accepted},
    {{encryption, 18, 128, "aes128gcm64"}, accepted},
    {{encryption, 18, 192, "aes192gcm8"}, accepted},
    {{encryption, 18, 192, "aes192gcm64"}, accepted},
    {{encryption, 18, 256, "aes256gcm8"}, accepted},
    {{encryption, 18, 256, "aes256gcm64"}, accepted},
    {{encryption, 19, 128, "aes128gcm12"}, accepted},
    {{encryption, 19, 128, "aes128gcm96"}, accepted},
    {{encryption, 19, 192, "aes192gcm12"}, accepted},
    {{encryption, 19, 192, "aes192gcm96"}, accepted},
    {{encryption, 19, 256, "aes256gcm12"}, accepted},
    {{encryption, 19, 256, "aes256gcm96"}, accepted},
    {{encryption, 20, 128, "aes128gcm16"}, accepted},
    {{encryption, 20, 128, "aes128gcm128"}, accepted},
    {{encryption, 20, 128, "aes128gcm"}, accepted},
    {{encryption, 20, 192, "aes192gcm16"}, accepted},
    {{encryption, 20, 192, "aes192gcm128"}, accepted},
    {{encryption, 20, 192, "aes192gcm"}, accepted},
    {{encryption, 20, 256, "aes256gcm16"}, accepted},
    {{encryption, 20, 256, "aes256gcm128"}, accepted},
    {{encryption, 20, 256, "aes256gcm"}, accepted},
    {{encryption, 28, 0, "chacha20poly1305"}, accepted},
    {{encryption, 23, 128, "camellia"}, accepted},
    {{encryption, 23, 128, "camellia128"}, accepted},
    {{encryption, 23, 192, "camellia192"}, accepted},
    {{encryption, 23, 256, "camellia256"}, accepted},
    {{encryption, 24, 128, "camellia128ctr"}, accepted},
    {{encryption, 24, 192, "camellia192ctr"}, accepted},
    {{encryption, 24, 256, "camellia256ctr"}, accepted},
    {{encryption, 11, 0, "null"}, refused},
    {{encryption, 2, 0, "des"}, refused},
    {{encryption, 3, 0, "3des"}, refused},
    {{encryption, 21, 128, "aes128gmac"}, refused},
    {{encryption, 21, 192, "aes192gmac"}, refused},
    {{encryption, 21, 256, "aes256gmac"}, refused},
    {{encryption, 7, 128, "blowfish"}, refused},
    {{encryption, 7, 128, "blowfish128"}, refused},
    {{encryption, 7, 192, "blowfish192"}, refused},
    {{encryption, 7, 256, "blowfish256"}, refused},
    {{encryption, 6, 128, "cast128"}, refused},
    {{encryption, 4, 0, "rc5"}, refused},
    {{encryption, 5, 0, "idea"}, refused},
    {{encryption, 1026, 128, "serpent"}, refused},
    {{encryption, 1026, 128, "serpent128"}, refused},
    {{encryption, 1026, 192, "serpent192"}, refused},
    {{encryption, 1026, 256, "serpent256"}, refused},
    {{encryption, 1027, 128, "twofish"}, refused},
    {{encryption, 1027, 128, "twofish128"}, refused},
    {{encryption, 1027, 192, "twofish192"}, refused},
    {{encryption, 1027, 256, "twofish256"}, refused},
    {{integrity, 12, 0, "sha256"}, accepted},
    {{integrity, 12, 0, "sha2_256"}, accepted},
    {{integrity, 13, 0, "sha384"}, accepted},
    {{integrity, 13, 0, "sha2_384"}, accepted},
    {{integrity, 14, 0, "sha512"}, accepted},
    {{integrity, 14, 0, "sha2_512"}, accepted},
    {{integrity, 5, 0, "aesxcbc"}, accepted},
    {{integrity, 8, 0, "aescmac"}, accepted},
    {{integrity, 2, 0, "sha"}, weak},
    {{integrity, 2, 0, "sha1"}, weak},
    {{integrity, 7, 0, "sha1_160"}, refused},
    {{integrity, 1026, 0, "sha256_96"}, refused},
    {{integrity, 1026, 0, "sha2_256_96"}, refused},
    {{integrity, 1, 0, "md5"}, refused},
    {{integrity, 6, 0, "md5_128"}, refused},
    {{prf, 5, 0, "prfsha256"}, accepted},
    {{prf, 6, 0, "prfsha384"}, accepted},
    {{prf, 7, 0, "prfsha512"}, accepted},
    {{prf, 4, 0, "prfaesxcbc"}, accepted},
    {{prf, 8, 0, "prfaescmac"}, accepted},
    {{prf, 2, 0, "prfsha1"}, weak},
    {{prf, 1, 0, "prfmd5"}, refused},
    {{dh_group, 14, 0, "modp2048"}, accepted},
    {{dh_group, 15, 0, "modp3072"}, accepted},
    {{dh_group, 16, 0, "modp4096"}, accepted},
    {{dh_group, 17, 0, "modp6144"}, accepted},
    {{dh_group, 18, 0, "modp8192"}, accepted},
    {{dh_group, 19, 0, "ecp256"}, accepted},
    {{dh_group, 20, 0, "ecp384"}, accepted},
    {{dh_group, 21, 0, "ecp521"}, accepted},
    {{dh_group, 28, 0, "ecp256bp"}, accepted},
    {{dh_group, 29, 0, "ecp384bp"}, accepted},
    {{dh_group, 30, 0, "ecp512bp"}, accepted},
    {{dh_group, 31, 0, "curve25519"}, accepted},
    {{dh_group, 31, 0, "x25519"}, accepted},
    {{dh_group, 32, 0, "curve448"}, accepted},
    {{dh_group, 32, 0, "x448"}, accepted},
    {{dh_group, 0, 0, "none"}, refused},
    {{dh_group, 0, 0, "modpnone"}, refused},
    {{dh_group, 1024, 0, "modpnull"}, refused},
    {{dh_group, 1, 0, "modp768"}, refused},
    {{dh_group, 2, 0, "modp1024"}, refused},
    {{dh_group, 5, 0, "modp1536"}, refused},
    {{dh_group, 22, 0, "modp1024s160"}, refused},
    {{dh_group, 23, 0, "modp2048s224"}, refused},
    {{dh_group, 24, 0, "modp2048s256"}, refused},
    {{dh_group, 25, 0, "ecp192"}, refused},
    {{dh_group, 26, 0, "ecp224"}, refused},
    {{dh_group, 27, 0, "ecp224bp"}, refused},
    {{esn, 0, 0, "noesn"}, accepted},
    {{esn, 1, 0, "esn"}, accepted},
});

} // namespace

std::span<const Keyword> keywords() {
    return table;
}

const Keyword* find_keyword(std::string_view token) {
    const auto* const found =
        std::ranges::find(table, token, [](const Keyword& keyword) { return keyword.transform.keyword; });
    return found == table.end() ? nullptr : found;
}

std::span<const std::string_view> accepted_keywords() {
    static const auto words = [] {
        std::vector<std::string_view> list;
        for (const auto& keyword : table)
            if (keyword.judgement == accepted)
                list.push_back(keyword.transform.keyword);
        return list;
    }();
    return words;
}

bool is_aead(const Transform& transform) {
    // AES-CCM 14-16, AES-GCM 18-20, ChaCha20-Poly1305 28 (RFC 5282, RFC 7634).
    return transform.type == encryption && ((transform.id >= 14 && transform.id <= 20) || transform.id == 28);
}

} // namespace eligate::ipsec
