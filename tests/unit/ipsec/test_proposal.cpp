// SPDX-License-Identifier: Apache-2.0
#include "ipsec/keywords.hpp"
#include "ipsec/proposal.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace eligate::ipsec;

namespace {

std::vector<ProposalFault> faults(std::string_view text, Protocol protocol) {
    std::vector<ProposalFault> list;
    for (const auto& finding : Proposal::parse(text, protocol).findings)
        list.push_back(finding.fault);
    return list;
}

using Faults = std::vector<ProposalFault>;

} // namespace

TEST_CASE("proposal: is understood down to IANA's numbers") {
    const auto parsed = Proposal::parse("aes256gcm16-prfsha384-ecp384", Protocol::ike);
    REQUIRE(parsed.proposal);
    CHECK(parsed.findings.empty());
    CHECK(parsed.proposal->text() == "aes256gcm16-prfsha384-ecp384");
    const auto transforms = parsed.proposal->transforms();
    REQUIRE(transforms.size() == 3);
    CHECK(transforms[0] == Transform{TransformType::encryption, 20, 256, "aes256gcm16"});
    CHECK(transforms[1] == Transform{TransformType::prf, 6, 0, "prfsha384"});
    CHECK(transforms[2] == Transform{TransformType::dh_group, 20, 0, "ecp384"});
}

TEST_CASE("proposal: holds what charon adds by itself") {
    const auto ike = Proposal::parse("aes256-sha256-sha512-modp2048", Protocol::ike);
    REQUIRE(ike.proposal);
    const auto transforms = ike.proposal->transforms();
    REQUIRE(transforms.size() == 6);
    CHECK(transforms[4] == Transform{TransformType::prf, 5, 0, "prfsha256"});
    CHECK(transforms[5] == Transform{TransformType::prf, 7, 0, "prfsha512"});
    const auto esp = Proposal::parse("aes256gcm16", Protocol::esp);
    REQUIRE(esp.proposal);
    CHECK(esp.proposal->transforms().back() == Transform{TransformType::esn, 0, 0, "noesn"});
    CHECK(Proposal::parse("aes256gcm16-esn", Protocol::esp).proposal->transforms().size() == 2);
}

TEST_CASE("proposal: two words for one algorithm are one transform") {
    const auto parsed = Proposal::parse("aes-aes128-sha256-sha2_256-modp2048", Protocol::ike);
    REQUIRE(parsed.proposal);
    CHECK(parsed.proposal->transforms().size() == 4);
}

TEST_CASE("proposal: broken and weak algorithms are refused by name") {
    const auto word = GENERATE(as<std::string>{}, "des", "3des", "null", "blowfish", "cast128", "rc5", "idea",
                               "md5", "sha1_160", "sha256_96", "prfmd5", "modp768", "modp1024", "modp1536",
                               "modp1024s160", "none", "ecp192");
    CAPTURE(word);
    const auto parsed = Proposal::parse("aes256-sha256-" + word + "-modp2048", Protocol::ike);
    CHECK_FALSE(parsed.proposal);
    REQUIRE(parsed.findings.size() == 1);
    CHECK(parsed.findings[0].fault == ProposalFault::refused_algorithm);
    CHECK(parsed.findings[0].token == word);
    CHECK(parsed.findings[0].offset == 14);
}

TEST_CASE("proposal: SHA-1 HMAC only warns") {
    const auto parsed = Proposal::parse("aes128-sha1-modp2048", Protocol::ike);
    REQUIRE(parsed.proposal);
    REQUIRE(parsed.findings.size() == 1);
    CHECK(parsed.findings[0].fault == ProposalFault::weak_algorithm);
    CHECK(parsed.proposal->transforms().back().keyword == "prfsha1");
}

TEST_CASE("proposal: an unknown word gets its nearest neighbour") {
    const auto parsed = Proposal::parse("aes256gmc16-prfsha384-ecp384", Protocol::ike);
    CHECK_FALSE(parsed.proposal);
    REQUIRE(parsed.findings.size() == 1);
    CHECK(parsed.findings[0].fault == ProposalFault::unknown_algorithm);
    CHECK(parsed.findings[0].nearest == "aes256gcm16");
}

TEST_CASE("proposal: what charon would refuse or change silently is said") {
    CHECK(faults("aes256gcm16-ecp384", Protocol::ike) == Faults{ProposalFault::no_prf});
    CHECK(faults("aes256-sha256", Protocol::ike) == Faults{ProposalFault::no_dh_group});
    CHECK(faults("sha256-modp2048", Protocol::ike) == Faults{ProposalFault::no_encryption});
    CHECK(faults("aes256-modp2048", Protocol::ike) == Faults{ProposalFault::no_integrity});
    CHECK(faults("aes256gcm16-sha256-prfsha256-modp2048", Protocol::ike) ==
          Faults{ProposalFault::mixed_aead});
    CHECK(faults("aes256gcm16-aes256-prfsha256-modp2048", Protocol::ike) ==
          Faults{ProposalFault::mixed_aead, ProposalFault::no_integrity});
    CHECK(faults("aes256", Protocol::esp) == Faults{ProposalFault::no_integrity});
    CHECK(faults("aes256-sha256", Protocol::esp).empty());
    CHECK(faults("aes256-sha256-prfsha256", Protocol::esp) == Faults{ProposalFault::unknown_algorithm});
    CHECK(faults("aes256-sha256-modp2048-esn", Protocol::ike) == Faults{ProposalFault::unknown_algorithm});
}

TEST_CASE("proposal: nothing but keywords passes") {
    const auto text =
        GENERATE(as<std::string>{}, "", "-", "aes256--sha256-modp2048", "aes256-sha256-modp2048-",
                 "AES256-SHA256-MODP2048", "aes256-sha256-modp2048,default", "aes256-sha256-modp2048 ",
                 "default", "aes256-sha256-modp2048}", "aes256\n-sha256-modp2048");
    CAPTURE(text);
    CHECK_FALSE(Proposal::parse(text, Protocol::ike).proposal);
}

TEST_CASE("proposal: a text that is too long is not looked at") {
    std::string text = "aes256";
    for (int i = 0; i < 100; ++i)
        text += "-sha256";
    CHECK(faults(text, Protocol::ike) == Faults{ProposalFault::too_long});
}

TEST_CASE("proposal: every keyword is lower-case, unique, and of the type that its number belongs to") {
    std::vector<std::string_view> words;
    for (const auto& keyword : keywords()) {
        const auto word = keyword.transform.keyword;
        CAPTURE(word);
        CHECK(std::ranges::all_of(
            word, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }));
        CHECK(std::ranges::find(words, word) == words.end());
        words.push_back(word);
        if (word.starts_with("prf"))
            CHECK(keyword.transform.type == TransformType::prf);
        if (word.starts_with("modp") || word.starts_with("ecp"))
            CHECK(keyword.transform.type == TransformType::dh_group);
    }
}
