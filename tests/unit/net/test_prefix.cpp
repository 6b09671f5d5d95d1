// SPDX-License-Identifier: Apache-2.0
#include "net/prefix.hpp"
#include "support/catch.hpp"

using namespace eligate::net;

namespace {
Prefix p(const char* text) {
    return Prefix::parse(text).value();
}
} // namespace

TEST_CASE("address: only the plain notations") {
    CHECK(Address::parse("192.0.2.1")->text() == "192.0.2.1");
    CHECK(Address::parse("2001:DB8::1")->text() == "2001:db8::1");
    for (const auto* bad :
         {"", "10.1", "010.0.0.1", "10.0.0.256", "10.0.0.1 ", "fe80::1%eth0", "１０.0.0.1", "0x7f.1"})
        CHECK_FALSE(Address::parse(bad));
    CHECK_FALSE(Address::parse(std::string_view("10.0.0.1\0x", 10)));
}

TEST_CASE("endpoint: an IPv6 address gets brackets") {
    CHECK(Endpoint{*Address::parse("192.0.2.1"), 500}.text() == "192.0.2.1:500");
    CHECK(Endpoint{*Address::parse("2001:db8::1"), 4500}.text() == "[2001:db8::1]:4500");
}

TEST_CASE("prefix: host bits are refused and the likely meaning is offered") {
    CHECK(p("10.20.0.0/16").text() == "10.20.0.0/16");
    CHECK(p("10.20.0.1").text() == "10.20.0.1/32");
    CHECK_FALSE(Prefix::parse("10.20.0.1/16"));
    CHECK(Prefix::without_host_bits("10.20.0.1/16")->text() == "10.20.0.0/16");
    for (const auto* bad :
         {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ", "/8", "::/129"})
        CHECK_FALSE(Prefix::parse(bad));
}

TEST_CASE("prefix: contains and overlaps") {
    CHECK(p("10.0.0.0/8").contains(p("10.20.0.0/16")));
    CHECK_FALSE(p("10.20.0.0/16").contains(p("10.0.0.0/8")));
    CHECK(p("10.20.0.0/16").overlaps(p("10.0.0.0/8")));
    CHECK_FALSE(p("10.20.0.0/16").overlaps(p("10.21.0.0/16")));
    CHECK(p("0.0.0.0/0").contains(*Address::parse("203.0.113.9")));
    CHECK_FALSE(p("0.0.0.0/0").contains(*Address::parse("2001:db8::1")));
    CHECK(p("10.20.0.128/25").contains(*Address::parse("10.20.0.200")));
}

TEST_CASE("prefix: several together may cover one") {
    const std::vector<Prefix> halves{p("10.128.0.0/9"), p("10.0.0.0/9")};
    CHECK(covers(halves, p("10.0.0.0/8")));
    const std::vector<Prefix> gap{p("10.0.0.0/9"), p("10.192.0.0/10")};
    CHECK_FALSE(covers(gap, p("10.0.0.0/8")));
    CHECK(covers(gap, p("10.200.0.0/16")));
    const std::vector<Prefix> same{p("10.0.0.0/9"), p("10.0.0.0/9")};
    CHECK_FALSE(covers(same, p("10.0.0.0/8")));
}
