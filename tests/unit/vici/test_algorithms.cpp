// SPDX-License-Identifier: Apache-2.0
#include "ipsec/keywords.hpp"
#include "support/catch.hpp"
#include "vici/algorithms.hpp"

using namespace eligate;
using namespace eligate::vici;

TEST_CASE("algorithms: every keyword that a profile may use has a name that strongSwan uses") {
    for (const auto& keyword : ipsec::keywords()) {
        if (keyword.judgement == ipsec::Judgement::refused ||
            keyword.transform.type == ipsec::TransformType::esn)
            continue;
        CAPTURE(keyword.transform.keyword);
        CHECK_FALSE(strongswan_name(keyword.transform).empty());
    }
}

TEST_CASE("algorithms: AEAD ciphers count as encryption, and key exchange has two names") {
    const auto of = [](const char* section, const char* name) {
        return offered_algorithms(Message().add_section(section, Message().add(name, "openssl")));
    };
    const auto transform = [](const char* word) { return ipsec::find_keyword(word)->transform; };
    CHECK(of("aead", "AES_GCM_16").offers(transform("aes256gcm16")));
    CHECK(of("dh", "ECP_384").offers(transform("ecp384")));
    CHECK(of("ke", "ECP_384").offers(transform("ecp384")));
    CHECK_FALSE(of("ke", "ECP_256").offers(transform("ecp384")));
    CHECK_FALSE(of("prf", "HMAC_SHA2_256_128").offers(transform("sha256")));
    CHECK(of("x", "y").offers(transform("noesn")));
}
