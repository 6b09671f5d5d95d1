// SPDX-License-Identifier: Apache-2.0
#include "appliance/forwarder.hpp"

#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "support/source_dir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace eligate;
using namespace eligate::appliance;

namespace {

net::Prefix p(const char* text) {
    return net::Prefix::parse(text).value();
}

std::vector<std::string> zones(const char* prefix) {
    return reverse_zones({p(prefix)});
}

Templates templates() {
    const std::ifstream file(std::string(ELIGATE_SOURCE_DIR) + "/templates/dnsmasq.conf");
    std::stringstream text;
    text << file.rdbuf();
    return {.firewall = {}, .strongswan = {}, .forwarder = text.str()};
}

profile::Settled site() {
    profile::Settled settled;
    settled.domains = {"onshikaku.org", "rece"};
    settled.dns_servers = {*net::Address::parse("10.20.0.53"), *net::Address::parse("10.20.0.54")};
    settled.destinations = {p("10.20.0.0/16")};
    settled.forwarder = profile::Forwarder{};
    return settled;
}

std::string settings_of(const profile::Settled& settled, const Facts& facts) {
    plan::State state;
    REQUIRE(add_forwarder(state, settled, facts, templates()));
    CHECK(state.size() == 2);
    CHECK(state.contains("forwarder /etc/eligate/forwarder.conf"));
    const auto& file = std::get<plan::File>(state.at("file /etc/eligate/forwarder.conf"));
    CHECK(file.reader == plan::Reader::forwarder);
    return std::string(file.content.expose());
}

/// Of the one address in the prefix.
std::string reverse_name(const net::Prefix& prefix) {
    const auto bytes = prefix.address().bytes();
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", bytes[3], bytes[2], bytes[1], bytes[0]);
}

} // namespace

TEST_CASE("forwarder: a zone of addresses ends where a label does") {
    CHECK(zones("10.20.0.0/16") == std::vector<std::string>{"20.10.in-addr.arpa"});
    CHECK(zones("10.0.0.0/8") == std::vector<std::string>{"10.in-addr.arpa"});
    CHECK(zones("10.20.3.7") == std::vector<std::string>{"7.3.20.10.in-addr.arpa"});
    CHECK(zones("10.20.4.0/23") == std::vector<std::string>{"4.20.10.in-addr.arpa", "5.20.10.in-addr.arpa"});
    CHECK(zones("172.16.0.0/12").size() == 16);
    CHECK(zones("172.16.0.0/12").back() == "31.172.in-addr.arpa");
}

TEST_CASE("forwarder: too many zones become wider ones, and no destination's name is left out") {
    std::vector<net::Prefix> many(20);
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i] = p(fmt::format("10.{}.0.0/17", 2 * i).c_str());
    const auto wider = reverse_zones(many);
    CHECK(wider.size() == many.size());
    for (std::size_t i = 0; i < many.size(); ++i)
        CHECK(std::ranges::count(wider, fmt::format("{}.10.in-addr.arpa", 2 * i)) == 1);

    many.resize(1025);
    for (std::size_t i = 0; i < many.size(); ++i)
        many[i] = p(fmt::format("{}.{}.{}.1", 10 + i % 3, i % 256, i / 256).c_str());
    const auto few = reverse_zones(many);
    CHECK(few.size() <= 1024);
    CHECK(std::ranges::all_of(many, [&](const net::Prefix& one) {
        return std::ranges::any_of(
            few, [name = reverse_name(one)](const std::string& zone) { return name.ends_with("." + zone); });
    }));
}

TEST_CASE("forwarder: the network's names go to the provider's servers and nowhere else") {
    Facts facts;
    facts.lan_addresses = {*net::Address::parse("192.168.1.1")};
    auto settled = site();
    const auto by_line = settings_of(settled, facts);
    for (const auto* const line : {"\nlisten-address=192.168.1.1\n", "\nserver=/onshikaku.org/10.20.0.53\n",
                                   "\nserver=/onshikaku.org/10.20.0.54\n", "\nserver=/rece/10.20.0.53\n",
                                   "\nserver=/20.10.in-addr.arpa/10.20.0.53\n",
                                   "\nresolv-file=/etc/resolv.conf\n", "\ncache-size=0\n"})
        CHECK(by_line.find(line) != std::string::npos);
    settled.forwarder->other = profile::OtherNames::refuse;
    const auto refusing = settings_of(settled, facts);
    CHECK(refusing.find("\nno-resolv\n") != std::string::npos);
    CHECK(refusing.find("resolv-file") == std::string::npos);
}

TEST_CASE("forwarder: where no terminal is a neighbour there is nothing to listen on") {
    plan::State state;
    const auto refused = add_forwarder(state, site(), Facts{}, templates());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == catalog::code::no_lan_address);
    CHECK(state.empty());
}

TEST_CASE("forwarder: a site without one gets none") {
    plan::State state;
    auto settled = site();
    settled.forwarder.reset();
    CHECK(add_forwarder(state, settled, Facts{}, templates()));
    CHECK(state.empty());
}

TEST_CASE("forwarder: what a hostile file would smuggle in is no word of dnsmasq's") {
    Facts facts;
    facts.lan_addresses = {*net::Address::parse("192.168.1.1")};
    auto settled = site();
    for (const auto* const domain :
         {"rece\nconf-script=/bin/sh", "rece/1.2.3.4 ", "#", "", "-x", "rece\tx"}) {
        settled.domains = {domain};
        plan::State state;
        const auto refused = add_forwarder(state, settled, facts, templates());
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == catalog::code::template_broken);
    }
}
