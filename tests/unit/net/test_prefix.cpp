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

namespace {

std::string between(const char* first, const char* last) {
    return text_of(eligate::net::between(*Address::parse(first), *Address::parse(last)));
}

} // namespace

TEST_CASE("prefix: a range is as few prefixes as can be") {
    CHECK(between("192.168.1.50", "192.168.1.50") == "192.168.1.50/32");
    CHECK(between("192.168.1.50", "192.168.1.59") == "192.168.1.50/31, 192.168.1.52/30, 192.168.1.56/30");
    CHECK(between("192.168.1.0", "192.168.1.255") == "192.168.1.0/24");
    CHECK(between("192.168.1.255", "192.168.2.0") == "192.168.1.255/32, 192.168.2.0/32");
    CHECK(between("0.0.0.0", "255.255.255.255") == "0.0.0.0/0");
    CHECK(between("255.255.255.254", "255.255.255.255") == "255.255.255.254/31");
    CHECK(between("2001:db8::", "2001:db8::1") == "2001:db8::/127");
    CHECK(between("192.168.1.59", "192.168.1.50").empty());
    CHECK(between("192.168.1.59", "2001:db8::1").empty());
}

TEST_CASE("prefix: merged ones do not overlap") {
    CHECK(merged({}).empty());
    CHECK(text_of(merged({p("10.20.5.0/24"), p("10.20.0.0/16"), p("10.20.0.0/16"), p("10.30.0.0/16")})) ==
          "10.20.0.0/16, 10.30.0.0/16");
    CHECK(text_of(merged({p("10.0.3.0/24"), p("10.0.2.0/24"), p("10.0.0.0/24"), p("10.0.1.0/24")})) ==
          "10.0.0.0/22");
    // Neighbours, and no halves of one.
    CHECK(text_of(merged({p("10.0.1.0/24"), p("10.0.2.0/24")})) == "10.0.1.0/24, 10.0.2.0/24");
    CHECK(text_of(merged({p("10.0.0.0/8"), p("2001:db8::/32")})) == "10.0.0.0/8, 2001:db8::/32");
}

TEST_CASE("prefix: the last hosts of a network, without its ends") {
    const auto texts = [](const char* prefix, std::size_t most) {
        std::vector<std::string> found;
        for (const auto& host : last_hosts(p(prefix), most))
            found.push_back(host.text());
        return found;
    };
    CHECK(texts("192.168.1.0/24", 2) == std::vector<std::string>{"192.168.1.254", "192.168.1.253"});
    CHECK(texts("192.168.1.48/29", 32).size() == 6);
    CHECK(texts("192.168.1.50", 32) == std::vector<std::string>{"192.168.1.50"});
    CHECK(texts("192.168.1.50/31", 32) == std::vector<std::string>{"192.168.1.51", "192.168.1.50"});
    CHECK(texts("0.0.0.0/32", 32) == std::vector<std::string>{"0.0.0.0"});
    CHECK(texts("0.0.0.0/0", 1) == std::vector<std::string>{"255.255.255.254"});
    CHECK(texts("2001:db8::/64", 32).empty());
}
