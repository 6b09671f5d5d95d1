// SPDX-License-Identifier: Apache-2.0
#include "ipsec/identity.hpp"
#include "support/catch.hpp"

#include <string>

using eligate::ipsec::Identity;
using eligate::ipsec::IdentityType;

TEST_CASE("identity: each type parses and is written as strongSwan reads it") {
    const auto [written, type, for_charon, listed] =
        GENERATE(table<std::string, IdentityType, std::string, std::string>({
            {"fqdn:gw.example.net", IdentityType::fqdn, "fqdn:gw.example.net", "gw.example.net"},
            {"email:AB12@example.net", IdentityType::email, "email:AB12@example.net", "AB12@example.net"},
            // Behind these three prefixes charon takes the bytes unparsed.
            {"ipv4:192.0.2.1", IdentityType::ipv4, "192.0.2.1", "192.0.2.1"},
            {"ipv6:2001:DB8::1", IdentityType::ipv6, "2001:db8::1", "2001:db8::1"},
            {"asn1dn:c=JP,O = Example Net , emailAddress=a@example.net", IdentityType::asn1dn,
             "C=JP, O=Example Net, E=a@example.net", "C=JP, O=Example Net, E=a@example.net"},
            {"keyid:clinic-0001", IdentityType::key_id, "keyid:clinic-0001", "clinic-0001"},
        }));
    CAPTURE(written);
    const auto identity = Identity::parse(written);
    REQUIRE(identity);
    CHECK(identity->type() == type);
    CHECK(identity->text() == for_charon);
    CHECK(identity->as_listed() == listed);
}

TEST_CASE("identity: a key id of twenty characters is listed as hex, as charon takes it for a hash") {
    const auto identity = Identity::parse("keyid:abcdefghijklmnopqrst");
    REQUIRE(identity);
    CHECK(identity->as_listed() == "61:62:63:64:65:66:67:68:69:6a:6b:6c:6d:6e:6f:70:71:72:73:74");
}

TEST_CASE("identity: what charon would take for anybody, or for another type, is refused") {
    const auto text = GENERATE(
        as<std::string>{}, "", "*", "%any", "gw.example.net", "fqdn:", "fqdn:*", "fqdn:%any",
        "fqdn:*.example.net", "fqdn:#6761", "fqdn:a..b", "fqdn:-a", "fqdn:gw.example.net.",
        "fqdn:gw example.net", "fqdn:gw\nexample", "email:example.net", "email:@example.net", "email:a@b@c",
        "ipv4:0.0.0.0", "ipv4:10.0.0.0/8", "ipv4:1.2.3", "ipv6:::", "ipv6:192.0.2.1", "ipv4:2001:db8::1",
        "asn1dn:C=JP,broken", "asn1dn:C=", "asn1dn:CN=*", "asn1dn:XX=1", "asn1dn:CN=a/O=b",
        "asn1dn:/C=JP/CN=a", "asn1dn:CN=a,", "asn1dn:", "keyid:", "keyid:#6162", "keyid:a b", "keyid:a\"b",
        "keyid:a,b", "keyid:a}b", "{11}:a", "dns:a.example.net", "FQDN:a.example.net");
    CAPTURE(text);
    CHECK_FALSE(Identity::parse(text));
}

TEST_CASE("identity: nothing longer than charon prints in full") {
    CHECK_FALSE(Identity::parse("fqdn:" + std::string(63, 'a') + "." + std::string(200, 'b')));
    CHECK_FALSE(Identity::parse("keyid:" + std::string(129, 'a')));
    std::string dn = "asn1dn:C=JP";
    for (int i = 0; i < 3; ++i)
        dn += ", O=" + std::string(100, 'x');
    CHECK_FALSE(Identity::parse(dn));
}
