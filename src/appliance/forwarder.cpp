// SPDX-License-Identifier: Apache-2.0
#include "appliance/forwarder.hpp"

#include "catalog/catalog.hpp"
#include "render/template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace eligate::appliance {
namespace {

using base::msg;

constexpr std::size_t most_zones = 1024;
constexpr unsigned octet = 8;
constexpr unsigned octets = 4;

/// A zone ends where a label does: a /12 is sixteen of them, and one of what has more labels than there may
/// be.
void add_zones(const net::Prefix& prefix, unsigned most_labels, std::set<std::string>& zones) {
    const unsigned labels = std::clamp((prefix.length() + octet - 1) / octet, 1U, most_labels);
    const unsigned end = labels * octet;
    const unsigned count = prefix.length() < end ? 1U << (end - prefix.length()) : 1;
    const auto bytes = prefix.address().bytes();
    for (unsigned i = 0; i < count; ++i) {
        std::string zone = "in-addr.arpa";
        for (unsigned label = 0; label < labels; ++label) {
            const unsigned own = bytes[label];
            zone = fmt::format("{}.{}", label + 1 == labels ? own + i : own, zone);
        }
        zones.insert(std::move(zone));
    }
}

std::set<std::string> reverse_zones(const std::vector<net::Prefix>& prefixes, unsigned most_labels) {
    std::set<std::string> zones;
    for (const auto& prefix : prefixes)
        if (prefix.family() == net::Family::ipv4 && zones.size() <= most_zones)
            add_zones(prefix, most_labels, zones);
    return zones;
}

} // namespace

std::vector<std::string> reverse_zones(const std::vector<net::Prefix>& prefixes) {
    const auto merged = net::merged(prefixes);
    unsigned most_labels = octets;
    auto zones = reverse_zones(merged, most_labels);
    // One label has 256 zones at most. Better the names of a few addresses beside the destinations are asked
    // of the provider than those of the destinations of the line.
    while (zones.size() > most_zones)
        zones = reverse_zones(merged, --most_labels);
    return {zones.begin(), zones.end()};
}

std::vector<std::string> zones_behind_tunnel(const profile::Settled& settled) {
    auto zones = settled.domains;
    std::ranges::move(reverse_zones(settled.destinations), std::back_inserter(zones));
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
    for (const auto& zone : zones_behind_tunnel(settled))
        for (const auto& server : settled.dns_servers)
            zones.push_back({.names = {{"zone", zone}, {"server", server.text()}}});
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
