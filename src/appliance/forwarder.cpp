// SPDX-License-Identifier: Apache-2.0
#include "appliance/forwarder.hpp"

#include "catalog/catalog.hpp"
#include "render/template.hpp"

#include <fmt/format.h>

namespace eligate::appliance {
namespace {

using base::msg;

constexpr std::size_t most_zones = 1024;
constexpr unsigned octet = 8;

/// A zone ends where a label does: a /12 is sixteen of them.
void add_zones(const net::Prefix& prefix, std::vector<std::string>& zones) {
    const unsigned labels = prefix.length() == 0 ? 1 : (prefix.length() + octet - 1) / octet;
    const unsigned count = 1U << (labels * octet - prefix.length());
    const auto bytes = prefix.address().bytes();
    for (unsigned i = 0; i < count && zones.size() < most_zones; ++i) {
        std::string zone = "in-addr.arpa";
        for (unsigned label = 0; label < labels; ++label) {
            const unsigned own = bytes[label];
            zone = fmt::format("{}.{}", label + 1 == labels ? own + i : own, zone);
        }
        zones.push_back(std::move(zone));
    }
}

} // namespace

std::vector<std::string> reverse_zones(const std::vector<net::Prefix>& prefixes) {
    std::vector<std::string> zones;
    for (const auto& prefix : net::merged(prefixes))
        if (prefix.family() == net::Family::ipv4)
            add_zones(prefix, zones);
    return zones;
}

base::Result<> add_forwarder(plan::State& state, const profile::Settled& settled, const Facts& facts,
                             const Templates& templates) {
    if (!settled.forwarder)
        return {};
    if (facts.lan_addresses.empty())
        return base::fail(catalog::code::no_lan_address,
                          msg(N_("no terminal is on a network of one of the appliance's interfaces")));
    render::List addresses;
    for (const auto& address : facts.lan_addresses)
        addresses.push_back({.names = {{"address", address.text()}}});
    render::List zones;
    const auto add = [&](const std::string& zone) {
        for (const auto& server : settled.dns_servers)
            zones.push_back({.names = {{"zone", zone}, {"server", server.text()}}});
    };
    for (const auto& domain : settled.domains)
        add(domain);
    for (const auto& zone : reverse_zones(settled.destinations))
        add(zone);
    const render::Values values{
        .names = {{"addresses", std::move(addresses)},
                  {"zones", std::move(zones)},
                  {"refuse_others", settled.forwarder->other == profile::OtherNames::refuse}}};
    ELIGATE_TRY_ASSIGN(const auto text, render::from_template("dnsmasq.conf", templates.forwarder,
                                                              render::Syntax::dnsmasq, values));
    plan::put(state, plan::File{.path = forwarder_path,
                                .mode = 0644,
                                .content = base::Secret(text),
                                .sensitive = false,
                                .reader = plan::Reader::forwarder});
    plan::put(state, plan::Forwarder{.settings = forwarder_path});
    return {};
}

} // namespace eligate::appliance
