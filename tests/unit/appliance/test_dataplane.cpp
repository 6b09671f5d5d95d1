// SPDX-License-Identifier: Apache-2.0
#include "appliance/dataplane.hpp"
#include "catalog/catalog.hpp"
#include "support/catch.hpp"

using namespace eligate;
using namespace eligate::appliance;
using profile::Dataplane;
namespace code = catalog::code;

namespace {

profile::Settled asking_for(Dataplane dataplane) {
    profile::Settled settled;
    settled.dataplane = dataplane;
    return settled;
}

Facts with(bool userspace, bool kernel) {
    Facts facts;
    facts.userspace_dataplane = userspace;
    facts.kernel_xfrm = kernel;
    facts.kernel_lacks = kernel ? "" : "ESP: Protocol not supported";
    return facts;
}

std::vector<ipsec::Proposal> esp(const char* text) {
    return {*ipsec::Proposal::parse(text, ipsec::Protocol::esp).proposal};
}

Dataplane chosen(const profile::Settled& settled, const Facts& facts) {
    const auto dataplane = choose_dataplane(settled, facts);
    REQUIRE(dataplane);
    return *dataplane;
}

} // namespace

TEST_CASE("dataplane: left alone, it is what charon was set up for, else the kernel") {
    const auto settled = asking_for(Dataplane::automatic);
    CHECK(chosen(settled, with(true, false)) == Dataplane::userspace);
    CHECK(chosen(settled, with(true, true)) == Dataplane::userspace);
    CHECK(chosen(settled, with(false, true)) == Dataplane::xfrm);
    const auto neither = choose_dataplane(settled, with(false, false));
    REQUIRE_FALSE(neither);
    CHECK(neither.error().code == code::dataplane_missing);
    CHECK(neither.error().evidence == base::Evidence{{"plugin kernel-libipsec", "not loaded"},
                                                     {"kernel", "ESP: Protocol not supported"}});
}

TEST_CASE("dataplane: the site's word wins, or fails with the cause") {
    CHECK(chosen(asking_for(Dataplane::userspace), with(true, true)) == Dataplane::userspace);
    CHECK(chosen(asking_for(Dataplane::xfrm), with(false, true)) == Dataplane::xfrm);
    for (const auto& [asked, facts] :
         {std::pair{Dataplane::userspace, with(false, true)}, std::pair{Dataplane::xfrm, with(false, false)},
          std::pair{Dataplane::xfrm, with(true, true)}}) {
        const auto refused = choose_dataplane(asking_for(asked), facts);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == code::dataplane_unsupported);
    }
}

TEST_CASE("tunnel mtu: measured, else what stands, else from the WAN") {
    const auto gcm = esp("aes256gcm16-ecp384");
    OuterPath path{.wan_mtu = 1500, .measured = 1492, .ipv6 = false, .standing_tunnel_mtu = 1438};
    CHECK(tunnel_mtu(path, gcm).mtu == 1430);
    CHECK(base::english(tunnel_mtu(path, gcm).origin) == "measured: packets of 1492 bytes reach the gateway");
    path.measured.reset();
    CHECK(tunnel_mtu(path, gcm).mtu == 1438);
    path.standing_tunnel_mtu.reset();
    CHECK(tunnel_mtu(path, gcm).mtu == 1438);
    path.wan_mtu = 1454;
    CHECK(tunnel_mtu(path, gcm).mtu == 1390);
    path.ipv6 = true;
    CHECK(tunnel_mtu(path, gcm).mtu == 1370);
    // Nothing beyond the WAN takes a jumbo frame.
    CHECK(tunnel_mtu({.wan_mtu = 9000}, gcm).mtu == 1438);
    CHECK(tunnel_mtu({}, gcm).mtu == 1438);
}

TEST_CASE("routing: into our interface, and unreachable behind it") {
    auto settled = asking_for(Dataplane::xfrm);
    settled.destinations = {*net::Prefix::parse("10.20.0.0/16")};
    settled.remote_ts = {*net::Prefix::parse("0.0.0.0/0")};
    plan::State state;
    add_xfrm_routing(state, settled, {});
    CHECK(state.size() == 3);
    const auto& route = std::get<plan::Route>(state.at("route 8470 10.20.0.0/16 metric 100"));
    CHECK(route.device == "eligate0");
    CHECK_FALSE(route.source);
    CHECK(std::get<plan::Route>(state.at("route 8470 10.20.0.0/16 metric 9000")).type ==
          plan::RouteType::unreachable);
    const auto& rule = std::get<plan::Rule>(state.at("rule 211 to all"));
    CHECK(rule.action == plan::RuleAction::lookup);
    CHECK(rule.target == 8470);
}

TEST_CASE("routing: where the LAN itself is negotiated, our own packets leave with its address") {
    auto settled = asking_for(Dataplane::xfrm);
    settled.address = profile::AddressMode::routed;
    settled.destinations = {*net::Prefix::parse("10.20.0.0/16")};
    Facts facts;
    facts.address_inside = net::Address::parse("192.168.1.1");
    plan::State state;
    add_xfrm_routing(state, settled, facts);
    CHECK(std::get<plan::Route>(state.at("route 8470 10.20.0.0/16 metric 100")).source ==
          net::Address::parse("192.168.1.1"));
    CHECK_FALSE(std::get<plan::Route>(state.at("route 8470 10.20.0.0/16 metric 200")).source);
    CHECK(state.contains("route 8470 10.20.0.0/16 metric 9000"));
}
