// SPDX-License-Identifier: Apache-2.0
#include "profile/certificate.hpp"
#include "support/catch.hpp"
#include "support/fake_disk.hpp"
#include "support/source_dir.hpp"

#include <string>

using namespace eligate;
using namespace eligate::profile;

namespace {

base::Secret paper(const std::string& name) {
    const auto content = test::content_of(std::string(ELIGATE_SOURCE_DIR) + "/tests/golden/papers/" + name);
    REQUIRE(content);
    return base::Secret(std::string_view(*content));
}

std::string certificate(const std::string& name) {
    auto list = read_certificates(paper(name));
    REQUIRE(list);
    return list->front();
}

ipsec::Identity identity(std::string_view text) {
    const auto parsed = ipsec::Identity::parse(text);
    REQUIRE(parsed);
    return *parsed;
}

const base::Secret p12_password(std::string_view("CANARY-p12-c04e88"));
const base::Secret key_password(std::string_view("key-CANARY-1"));
const base::Secret wrong(std::string_view("wrong"));

} // namespace

TEST_CASE("certificate: PEM and DER give the same bytes") {
    CHECK(certificate("client.pem") == certificate("client.der"));
    const auto both = base::Secret(std::string_view(
        *test::content_of(std::string(ELIGATE_SOURCE_DIR) + "/tests/golden/papers/client.pem")));
    auto twice = both;
    twice.append(both.expose());
    CHECK(read_certificates(twice)->size() == 2);
}

TEST_CASE("certificate: keys in every form are one PKCS#8") {
    const auto plain = read_private_key(paper("client.key"), nullptr);
    const auto der = read_private_key(paper("client-key.der"), nullptr);
    const auto opened = read_private_key(paper("client-protected.key"), &key_password);
    REQUIRE(plain);
    REQUIRE(der);
    REQUIRE(opened);
    CHECK(*plain == *der);
    CHECK(*plain == *opened);
    CHECK(belongs_together(certificate("client.pem"), *plain));
    CHECK_FALSE(belongs_together(certificate("other.pem"), *plain));
}

TEST_CASE("certificate: a protected key says whether a password is missing or wrong") {
    CHECK(read_private_key(paper("client-protected.key"), nullptr).error() == KeyFileFault::password_missing);
    CHECK(read_private_key(paper("client-protected.key"), &wrong).error() == KeyFileFault::password_wrong);
    CHECK(read_private_key(paper("client.pem"), nullptr).error() == KeyFileFault::no_private_key);
    CHECK(read_private_key(base::Secret(std::string_view("rubbish")), nullptr).error() ==
          KeyFileFault::unreadable);
    CHECK(read_private_key(base::Secret(), nullptr).error() == KeyFileFault::unreadable);
}

TEST_CASE("certificate: PKCS#12, old and new, gives key and chain without the root") {
    const auto* const name = GENERATE("client.p12", "client-legacy.p12");
    CAPTURE(name);
    const auto found = read_pkcs12(paper(name), &p12_password);
    REQUIRE(found);
    CHECK(found->chain == std::vector{certificate("client.pem")});
    CHECK(found->private_key == *read_private_key(paper("client.key"), nullptr));
    CHECK(read_pkcs12(paper(name), nullptr).error() == KeyFileFault::password_missing);
    CHECK(read_pkcs12(paper(name), &wrong).error() == KeyFileFault::password_wrong);
}

TEST_CASE("certificate: what is no PKCS#12 is refused") {
    CHECK(read_pkcs12(paper("nokey.p12"), &p12_password).error() == KeyFileFault::no_private_key);
    CHECK(read_pkcs12(paper("client.pem"), &p12_password).error() == KeyFileFault::unreadable);
    CHECK(read_pkcs12(base::Secret(), &p12_password).error() == KeyFileFault::unreadable);
}

TEST_CASE("certificate: a damaged file never passes, whichever byte is damaged") {
    const auto* const name = GENERATE("client.der", "client.pem", "client.p12");
    const auto good = paper(name);
    for (std::size_t at = 0; at < good.size(); at += 7) {
        std::string damaged(good.expose());
        damaged.resize(at);
        const base::Secret file{std::string_view(damaged)};
        CHECK_FALSE(read_pkcs12(file, &p12_password));
        if (std::string_view(name) != "client.p12")
            CHECK_FALSE(read_certificates(file));
    }
}

TEST_CASE("certificate: what it says of itself") {
    const auto facts = facts_of(certificate("client.pem"));
    CHECK(facts.subject == "C=JP, O=Example Net, CN=AB12345678");
    CHECK_FALSE(facts.authority);
    CHECK_FALSE(facts.self_signed);
    CHECK_FALSE(facts.weak_signature);
    CHECK(facts.security_bits == 128);
    CHECK(facts.not_before == std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
    CHECK(facts_of(certificate("ca.pem")).authority);
    CHECK(facts_of(certificate("ca.pem")).self_signed);
    CHECK(facts_of(certificate("sha1.pem")).weak_signature);
    CHECK(facts_of(certificate("short.pem")).security_bits == 80);
    CHECK_FALSE(facts_of("rubbish").authority);
}

TEST_CASE("certificate: is for the identities in it and no others") {
    const auto der = certificate("client.pem");
    CHECK(is_for(der, identity("fqdn:ab12345678.EXAMPLE.net")));
    CHECK(is_for(der, identity("email:AB12345678@example.net")));
    CHECK(is_for(der, identity("asn1dn:C=JP, O=example net, CN=AB12345678")));
    CHECK_FALSE(is_for(der, identity("fqdn:example.net")));
    CHECK_FALSE(is_for(der, identity("email:other@example.net")));
    CHECK_FALSE(is_for(der, identity("asn1dn:CN=AB12345678")));
    CHECK_FALSE(is_for(der, identity("asn1dn:CN=AB12345678, O=Example Net, C=JP")));
    CHECK_FALSE(is_for(der, identity("ipv4:192.0.2.1")));
    // strongSwan never looks for a name in the CN.
    CHECK_FALSE(is_for(der, identity("fqdn:AB12345678")));
    CHECK_FALSE(is_for(der, identity("keyid:AB12345678")));
}
