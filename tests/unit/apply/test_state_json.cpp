// SPDX-License-Identifier: Apache-2.0
#include "apply/state_json.hpp"
#include "support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace eligate;
using namespace eligate::apply;

namespace {

ipsec::Connection connection() {
    using ipsec::Identity;
    using ipsec::Proposal;
    using ipsec::Protocol;
    return {.name = "eligate-1",
            .gateway = "vpn1.example.net",
            .proposals = {*Proposal::parse("aes256gcm16-prfsha384-ecp384", Protocol::ike).proposal},
            .local = {.method = ipsec::AuthMethod::eap_mschapv2,
                      .id = *Identity::parse("fqdn:a.example.net"),
                      .eap_id = "a@example.net",
                      .authority_subject = ""},
            .remote = {.method = ipsec::AuthMethod::pubkey,
                       .id = *Identity::parse("fqdn:gw.example.net"),
                       .eap_id = std::nullopt,
                       .authority_subject = std::string("0\x03\x00\xff", 4)},
            .virtual_ip = true,
            .child = {.name = "eligate",
                      .proposals = {*Proposal::parse("aes256gcm16-ecp384", Protocol::esp).proposal},
                      .local_ts = {},
                      .remote_ts = {*net::Prefix::parse("10.0.0.0/8")},
                      .replay_window = 128,
                      .if_id = 33904,
                      .updown = "/usr/lib/eligate/updown"},
            .mobike = false,
            .start_at_boot = true};
}

plan::State one_of_each() {
    plan::State state;
    plan::put(state, plan::FirewallTable{.listing = "table inet eligate {\n}\n"});
    plan::put(state, plan::File{.path = "/etc/x",
                                .mode = 0600,
                                .content = base::Secret(std::string_view("a\0\xff", 3)),
                                .sensitive = true,
                                .reader = plan::Reader::charon_settings});
    plan::put(state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    plan::put(state, plan::Link{.name = "eligate0", .if_id = 33904, .mtu = 1438, .up = false});
    plan::put(state, plan::Route{.table = 8470,
                                 .destination = *net::Prefix::parse("10.20.0.0/16"),
                                 .type = plan::RouteType::unreachable,
                                 .device = "",
                                 .metric = 9000,
                                 .source = net::Address::parse("10.200.1.10")});
    plan::put(state, plan::Rule{.priority = 211,
                                .action = plan::RuleAction::go_to,
                                .to = net::Prefix::parse("10.0.0.0/8"),
                                .target = 221,
                                .suppress_prefixlength = 8});
    plan::put(state, plan::Authority{.name = "eligate-ca-1", .der = std::string("\x30\x00", 2)});
    plan::put(state, plan::PrivateKey{.key_id = "abcd", .der = base::Secret("key")});
    plan::put(state, plan::SharedSecret{.id = "ike-eligate",
                                        .type = plan::SharedType::eap,
                                        .owners = {"fqdn:a", "fqdn:b"},
                                        .secret = base::Secret("psk")});
    plan::put(state, plan::Connection{.connection = connection(), .certificates = {"der"}, .altered = ""});
    plan::put(state, plan::Tunnel{.name = "eligate", .via = {connection()}, .credential = "00ff"});
    plan::put(state, plan::AssignedSource{.tunnel = "eligate",
                                          .connections = {"eligate-1"},
                                          .device = "ipsec0",
                                          .destinations = {*net::Prefix::parse("10.20.0.0/16")}});
    plan::put(state, plan::Forwarder{.settings = "/etc/eligate/forwarder.conf"});
    return state;
}

} // namespace

TEST_CASE("state: every kind of resource survives the way to disk and back") {
    const auto state = one_of_each();
    CHECK(state.size() == std::variant_size_v<plan::Resource>);
    const auto text = text_of(to_json(state));
    const auto back = state_of(json_of(text.expose()).value());
    REQUIRE(back);
    CHECK(*back == state);
}

TEST_CASE("actions: survive the way to disk and back") {
    const auto actions = plan::diff({}, one_of_each());
    CHECK(actions_of(to_json(actions)).value() == actions);
    CHECK(actions_of(to_json(plan::inverse(actions))).value() == plan::inverse(actions));
}

TEST_CASE("state: a damaged value is refused, whichever it is") {
    const auto whole = to_json(one_of_each());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        for (const auto& [name, value] : whole[i].items()) {
            auto damaged = whole;
            damaged[i].erase(name);
            CHECK_FALSE(state_of(damaged));
        }
    }
    CHECK_FALSE(json_of("{"));
    CHECK_FALSE(actions_of(nlohmann::ordered_json::parse(R"([{"before":null,"after":null}])")));
}
