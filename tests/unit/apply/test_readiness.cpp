// SPDX-License-Identifier: Apache-2.0
#include "apply/readiness.hpp"

#include "catalog/catalog.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>

using namespace eligate;
using namespace eligate::apply;
namespace code = catalog::code;

namespace {

std::vector<ipsec::Proposal> proposals(std::initializer_list<const char*> texts, ipsec::Protocol protocol) {
    std::vector<ipsec::Proposal> list;
    for (const auto* const text : texts)
        list.push_back(*ipsec::Proposal::parse(text, protocol).proposal);
    return list;
}

profile::Settled site() {
    profile::Settled settled;
    settled.ike_proposals =
        proposals({"aes256gcm16-prfsha384-ecp384", "aes256-sha256-modp2048"}, ipsec::Protocol::ike);
    settled.esp_proposals = proposals({"aes256gcm16-ecp384"}, ipsec::Protocol::esp);
    settled.address = profile::AddressMode::assigned;
    return settled;
}

/// A Debian 12 on which everything is there; userspace dataplane.
Footing good() {
    return {
        .charon_fault = std::nullopt,
        .version = {.daemon = "charon-systemd", .version = "5.9.8"},
        .plugins = {"kernel-libipsec", "kernel-netlink", "socket-default", "vici", "updown"},
        .algorithms = {.encryption = {"AES_CBC", "AES_GCM_16"},
                       .integrity = {"HMAC_SHA2_256_128"},
                       .prf = {"PRF_HMAC_SHA2_256", "PRF_HMAC_SHA2_384"},
                       .key_exchange = {"MODP_2048", "ECP_384"}},
        .filter_fault = std::nullopt,
        .ike_ports = {{.port = 500, .pid = 7, .program = "/usr/sbin/charon-systemd", .is_charon = true},
                      {.port = 4500, .pid = 7, .program = "/usr/sbin/charon-systemd", .is_charon = true}}};
}

std::vector<std::string> values(const base::Error& error, std::string_view name) {
    std::vector<std::string> found;
    for (const auto& [key, value] : error.evidence)
        if (key == name)
            found.push_back(value);
    return found;
}

using Words = std::vector<std::string>;

/// The only fault, which has to have this code.
base::Error only(const std::vector<base::Error>& faults, base::Code expected) {
    REQUIRE(faults.size() == 1);
    CHECK(faults.front().code == expected);
    return faults.front();
}

class ScriptedGround : public port::Ground {
  public:
    base::Result<std::vector<port::IkePort>> ike_ports() override { return std::vector<port::IkePort>{}; }
    base::Result<> can_filter() override { return {}; }
    base::Result<> has_room(const std::string& folder, std::size_t /*bytes*/) override {
        looked.push_back(folder);
        return answer(folder);
    }
    base::Result<> try_room(const std::string& folder, std::size_t /*bytes*/) override {
        tried.push_back(folder);
        return answer(folder);
    }
    std::map<std::string, base::Code> refusals;
    Words looked;
    Words tried;

  private:
    base::Result<> answer(const std::string& folder) const {
        const auto found = refusals.find(folder);
        return found == refusals.end() ? base::Result<>() : base::fail(found->second, base::msg("scripted"));
    }
};

} // namespace

TEST_CASE("readiness: nothing is in the way of a site on a good machine") {
    CHECK(judge(site(), good()).empty());
}

TEST_CASE("readiness: strongSwan's age and build") {
    auto footing = good();
    for (const auto* const fine : {"5.9.8", "5.9.14", "5.10.0", "6.0.1", "5.9.8dr2"}) {
        footing.version.version = fine;
        CAPTURE(fine);
        CHECK(judge(site(), footing).empty());
    }
    for (const auto* const old : {"5.9.7", "5.8.9", "4.12.99", "5.9.1"}) {
        footing.version.version = old;
        CAPTURE(old);
        CHECK(values(only(judge(site(), footing), code::strongswan_too_old), "version") == Words{old});
    }
    for (const auto* const odd : {"", "5", "5.9", "libreswan", "5..8", "-5.9.8"}) {
        footing.version.version = odd;
        CAPTURE(odd);
        only(judge(site(), footing), code::strongswan_other_build);
    }
    footing = good();
    footing.version.daemon = "charon";
    CHECK(values(only(judge(site(), footing), code::strongswan_other_build), "program") == Words{"charon"});
}

TEST_CASE("readiness: a plugin that the profile needs is named with its package") {
    auto footing = good();
    auto settled = site();
    settled.local.method = ipsec::AuthMethod::eap_mschapv2;
    const auto fault = only(judge(settled, footing), code::plugin_missing);
    CHECK(values(fault, "plugin") == Words{"eap-mschapv2"});
    CHECK(values(fault, "package") == Words{"libcharon-extauth-plugins"});
    footing.plugins.emplace_back("eap-mschapv2");
    CHECK(judge(settled, footing).empty());
}

TEST_CASE("readiness: updown is needed where the kernel carries an assigned address, and only there") {
    auto footing = good();
    std::erase(footing.plugins, "updown");
    CHECK(judge(site(), footing).empty());
    std::erase(footing.plugins, "kernel-libipsec");
    CHECK(values(only(judge(site(), footing), code::plugin_missing), "plugin") == Words{"updown"});
    auto routed = site();
    routed.address = profile::AddressMode::routed;
    CHECK(judge(routed, footing).empty());
}

TEST_CASE("readiness: every algorithm of every proposal has to be there, since the gateway chooses") {
    auto footing = good();
    // A minimal Debian without libstrongswan-standard-plugins.
    footing.algorithms.encryption = {"AES_CBC"};
    footing.algorithms.key_exchange = {"MODP_2048"};
    auto settled = site();
    settled.ike_proposals.push_back(
        proposals({"aes256ccm16-prfsha256-modp2048"}, ipsec::Protocol::ike).front());
    const auto fault = only(judge(settled, footing), code::algorithm_missing);
    CHECK(values(fault, "algorithm") == Words{"AES_GCM_16", "ECP_384", "AES_CCM_16"});
    CHECK(values(fault, "package") == Words{"libstrongswan-extra-plugins", "libstrongswan-standard-plugins"});
}

TEST_CASE("readiness: the kernel has its own ESP algorithms, but charon makes the keys") {
    auto footing = good();
    std::erase(footing.plugins, "kernel-libipsec");
    auto settled = site();
    settled.esp_proposals = proposals({"chacha20poly1305-ecp384"}, ipsec::Protocol::esp);
    CHECK(judge(settled, footing).empty());
    settled.esp_proposals = proposals({"aes256gcm16-curve25519"}, ipsec::Protocol::esp);
    CHECK(values(only(judge(settled, footing), code::algorithm_missing), "algorithm") ==
          Words{"CURVE_25519"});
}

TEST_CASE("readiness: another IKE daemon is told once, with its program and package") {
    auto footing = good();
    footing.ike_ports = {
        {.port = 500, .pid = 9, .program = "/usr/libexec/ipsec/pluto", .package = "libreswan"},
        {.port = 4500, .pid = 9, .program = "/usr/libexec/ipsec/pluto", .package = "libreswan"}};
    const auto fault = only(judge(site(), footing), code::ike_port_in_use);
    CHECK(values(fault, "port") == Words{"500, 4500"});
    CHECK(values(fault, "pid") == Words{"9"});
    CHECK(values(fault, "program") == Words{"/usr/libexec/ipsec/pluto"});
    CHECK(values(fault, "package") == Words{"libreswan"});
}

TEST_CASE("readiness: a socket that nobody can be seen to hold counts only where charon has none") {
    auto footing = good();
    footing.ike_ports.push_back({.port = 500});
    CHECK(judge(site(), footing).empty());
    footing.ike_ports.erase(footing.ike_ports.begin());
    only(judge(site(), footing), code::ike_port_in_use);
}

TEST_CASE("readiness: all faults are told at once; what strongSwan did not say is not judged") {
    auto footing = good();
    footing.charon_fault = base::Error{.code = code::charon_silent, .what = base::msg("silent")};
    footing.version = {};
    footing.plugins.clear();
    footing.algorithms = {};
    footing.filter_fault = base::Error{.code = code::nft_missing, .what = base::msg("nft")};
    footing.ike_ports = {{.port = 4500, .pid = 9, .program = "/usr/sbin/racoon"}};
    std::vector<base::Code> codes;
    for (const auto& fault : judge(site(), footing))
        codes.push_back(fault.code);
    CHECK(codes == std::vector<base::Code>{code::charon_silent, code::ike_port_in_use, code::nft_missing});

    footing = good();
    footing.version.version = "5.9.7";
    footing.plugins = {"kernel-libipsec", "socket-default"};
    footing.algorithms.prf.clear();
    CHECK(judge(site(), footing).size() == 3);
}

TEST_CASE("readiness: room is asked for where the actions write, and nowhere where there are none") {
    CHECK(room_for({}).empty());
    const plan::File small{.path = "/etc/swanctl/conf.d/eligate.conf", .content = base::Secret("12345")};
    const plan::File large{.path = "/etc/swanctl/x509ca.der",
                           .content = base::Secret(std::string(std::size_t{1} << 16U, 'x'))};
    const auto one = room_for({{.before = std::nullopt, .after = small}});
    REQUIRE(one.contains("/etc/swanctl/conf.d"));
    CHECK(one.contains("/var/lib/eligate"));
    CHECK(one.contains("/run"));
    const auto two = room_for({{.before = std::nullopt, .after = small}, {.before = large, .after = large}});
    CHECK(two.at("/etc/swanctl") > std::size_t{1} << 16U);
    // The journal holds both values.
    CHECK(two.at("/var/lib/eligate") > std::size_t{2} << 16U);
    // What is only loaded still needs its journal.
    CHECK(room_for({{.before = std::nullopt, .after = plan::Sysctl{.name = "a", .value = "1"}}})
              .contains("/var/lib/eligate"));
}

TEST_CASE("readiness: every folder without room is told; our own comes with the first apply") {
    ScriptedGround ground;
    ground.refusals = {{"/etc/swanctl/conf.d", code::folder_read_only},
                       {"/run", code::disk_full},
                       {"/var/lib/eligate", code::folder_missing}};
    const std::map<std::string, std::size_t> room{
        {"/etc/swanctl/conf.d", 1}, {"/run", 1}, {"/var/lib/eligate", 1}};
    const auto faults = check_room(ground, room, Trying::looks);
    REQUIRE(faults.size() == 2);
    CHECK(faults[0].code == code::folder_read_only);
    CHECK(faults[1].code == code::disk_full);
    CHECK(ground.looked == Words{"/etc/swanctl/conf.d", "/run", "/var/lib/eligate", "/var/lib"});
    CHECK(ground.tried.empty());
    check_room(ground, {{"/run", 1}}, Trying::writes);
    CHECK(ground.tried == Words{"/run"});
}
