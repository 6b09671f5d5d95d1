// SPDX-License-Identifier: Apache-2.0
#include "appliance/desired_state.hpp"
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "support/source_dir.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

using namespace eligate;
using namespace eligate::appliance;
using profile::Dataplane;

namespace {

std::string shipped(const std::string& name) {
    const std::ifstream file(std::string(ELIGATE_SOURCE_DIR) + "/templates/" + name);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

profile::Settled site() {
    profile::Settled settled;
    settled.gateways = {"vpn1.example.net", "vpn2.example.net"};
    settled.ike_proposals = {
        *ipsec::Proposal::parse("aes256gcm16-prfsha384-ecp384", ipsec::Protocol::ike).proposal};
    settled.esp_proposals = {*ipsec::Proposal::parse("aes256gcm16-ecp384", ipsec::Protocol::esp).proposal};
    settled.local.id = *ipsec::Identity::parse("fqdn:a.example.net");
    settled.remote.id = *ipsec::Identity::parse("fqdn:gw.example.net");
    settled.credential = profile::PskCredential{.psk = base::Secret("CANARY")};
    settled.remote_ts = {*net::Prefix::parse("10.0.0.0/8")};
    settled.destinations = {*net::Prefix::parse("10.20.0.0/16")};
    settled.terminals = {*net::Prefix::parse("192.168.1.50/32")};
    settled.wan_interface = "wan0";
    return settled;
}

Facts kernel_esp() {
    Facts facts;
    facts.kernel_xfrm = true;
    facts.updown_plugin = true;
    facts.path = {.wan_mtu = 1500, .measured = 1492};
    return facts;
}

Facts libipsec() {
    Facts facts;
    facts.userspace_dataplane = true;
    return facts;
}

base::Result<Desired> desired(const profile::Settled& settled, const Facts& facts) {
    return desired_state(settled, facts,
                         {.firewall = shipped("eligate.nft"),
                          .strongswan = shipped("strongswan.conf"),
                          .forwarder = shipped("dnsmasq.conf")});
}

const ipsec::Connection& connection(const Desired& desired, const char* name) {
    return std::get<plan::Connection>(desired.state.at(std::string("connection ") + name)).connection;
}

template <class Kind>
std::size_t count(const Desired& desired) {
    return static_cast<std::size_t>(std::ranges::count_if(
        desired.state, [](const auto& entry) { return std::holds_alternative<Kind>(entry.second); }));
}

bool says(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("desired state: the kernel carries the tunnel through our interface") {
    const auto wanted = desired(site(), kernel_esp());
    REQUIRE(wanted);
    CHECK(wanted->tunnel_interface == "eligate0");
    CHECK(wanted->dataplane == Dataplane::xfrm);
    CHECK(std::get<plan::Link>(wanted->state.at("link eligate0")) ==
          plan::Link{.name = "eligate0", .if_id = 0x8470, .mtu = 1430, .up = true});
    for (const auto* name : {"eligate-1", "eligate-2"}) {
        const auto& loaded = connection(*wanted, name);
        CHECK(loaded.mobike);
        CHECK(loaded.child.if_id == 33904);
        CHECK(loaded.child.updown == "/usr/lib/eligate/updown");
    }
    CHECK(count<plan::Rule>(*wanted) == 1);
    CHECK(count<plan::Route>(*wanted) == 2);
    CHECK(count<plan::AssignedSource>(*wanted) == 0);
    CHECK(says(wanted->firewall_text, "oifname \"eligate0\" ip daddr @destinations masquerade"));
    CHECK(says(wanted->firewall_text, "maxseg size set 1390"));
    CHECK_FALSE(says(wanted->firewall_text, "ipsec0"));
    // Whatever comes by our own interface answers, wherever it says that it comes from.
    CHECK(says(wanted->firewall_text,
               "iifname \"eligate0\" ct state != { established, related } counter drop"));
    const auto& boot = std::get<plan::File>(wanted->state.at("file /etc/swanctl/conf.d/eligate.conf"));
    for (const auto* line : {"if_id_in = \"33904\"", "if_id_out = \"33904\"", "mobike = \"yes\"",
                             "updown = \"/usr/lib/eligate/updown\""})
        CHECK(says(std::string(boot.content.expose()), line));
}

TEST_CASE("desired state: on a device of several tunnels nothing begins from what is negotiated with us") {
    auto facts = libipsec();
    const auto alone = desired(site(), facts);
    REQUIRE(alone);
    CHECK(says(alone->firewall_text, "elements = { 10.0.0.0/8 }"));
    CHECK(says(alone->firewall_text,
               "iifname \"ipsec0\" ip saddr @inside ct state != { established, related }"));
    facts.tunnel_device_shared = true;
    const auto beside_others = desired(site(), facts);
    REQUIRE(beside_others);
    CHECK_FALSE(says(beside_others->firewall_text, "elements = { 10.0.0.0/8 }"));
}

TEST_CASE("desired state: a routed site needs no hook and no masquerading") {
    auto settled = site();
    settled.address = profile::AddressMode::routed;
    settled.local_ts = {*net::Prefix::parse("192.168.1.0/24")};
    auto facts = kernel_esp();
    facts.updown_plugin = false;
    const auto wanted = desired(settled, facts);
    REQUIRE(wanted);
    const auto& loaded = connection(*wanted, "eligate-1");
    CHECK(loaded.child.updown.empty());
    CHECK(loaded.child.local_ts == settled.local_ts);
    CHECK_FALSE(loaded.virtual_ip);
    CHECK_FALSE(says(wanted->firewall_text, "masquerade"));
}

TEST_CASE("desired state: an assigned address needs charon's plugin updown") {
    auto facts = kernel_esp();
    facts.updown_plugin = false;
    const auto wanted = desired(site(), facts);
    REQUIRE_FALSE(wanted);
    CHECK(wanted.error().code == catalog::code::plugin_missing);
}

TEST_CASE("desired state: kernel-libipsec has its own device and route") {
    const auto wanted = desired(site(), libipsec());
    REQUIRE(wanted);
    CHECK(wanted->tunnel_interface == "ipsec0");
    CHECK(count<plan::Link>(*wanted) == 0);
    CHECK(wanted->state.contains("rule 210 to 10.20.0.0/16"));
    CHECK(wanted->state.contains("rule 221 to all"));
    const auto& loaded = connection(*wanted, "eligate-1");
    CHECK_FALSE(loaded.mobike);
    CHECK_FALSE(loaded.child.if_id);
    CHECK(loaded.child.updown.empty());
    CHECK(says(wanted->firewall_text, "maxseg size set 1360"));
    CHECK(says(wanted->firewall_text, "oifname \"ipsec0\" ip daddr @destinations masquerade"));
}

TEST_CASE("desired state: the firewall lists no address twice, as nft would refuse it") {
    auto settled = site();
    settled.terminals = {*net::Prefix::parse("192.168.1.50"), *net::Prefix::parse("192.168.1.0/24")};
    settled.destinations = {*net::Prefix::parse("10.20.0.0/16"), *net::Prefix::parse("10.20.7.0/24")};
    const auto wanted = desired(settled, kernel_esp());
    REQUIRE(wanted);
    CHECK(says(wanted->firewall_text, "elements = { 192.168.1.0/24 }"));
    CHECK(says(wanted->firewall_text, "elements = { 10.20.0.0/16 }"));
}

TEST_CASE("desired state: terminals reach the ports that the services list, and DNS") {
    auto settled = site();
    const auto open = desired(settled, kernel_esp());
    REQUIRE(open);
    CHECK_FALSE(says(open->firewall_text, "@ports"));
    settled.ports = {{.transport = profile::Transport::tcp, .number = 443},
                     {.transport = profile::Transport::udp, .number = 53}};
    const auto wanted = desired(settled, kernel_esp());
    REQUIRE(wanted);
    CHECK(says(wanted->firewall_text, "elements = { tcp . 443, udp . 53, tcp . 53 }"));
    CHECK(says(wanted->firewall_text, "th dport != @ports counter reject"));
}

TEST_CASE("desired state: a LAN inside the destinations is refused") {
    auto facts = kernel_esp();
    facts.address_in_destination = net::Address::parse("10.20.0.53");
    const auto wanted = desired(site(), facts);
    REQUIRE_FALSE(wanted);
    CHECK(wanted.error().code == catalog::code::lan_in_destinations);
}
