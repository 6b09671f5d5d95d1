// SPDX-License-Identifier: Apache-2.0
// The rungs that read routes and firewall back from the kernel.
#include "verify/deadlines.hpp"
#include "verify/rungs.hpp"

#include <algorithm>

namespace eligate::verify {
namespace {

using port::RouteType;

std::string text_of(const port::RouteAnswer& answer) {
    switch (answer.type) {
    case RouteType::unicast:
        return answer.interface + (answer.source ? " src " + answer.source->text() : "");
    case RouteType::local:
        return "local";
    case RouteType::unreachable:
        return "unreachable";
    case RouteType::blackhole:
        return "blackhole";
    case RouteType::prohibit:
        return "prohibit";
    case RouteType::none:
        return "no route";
    }
    return "";
}

/// The first address that can be a host, and the last but one: the ends of a prefix are where a narrower
/// route of somebody else would show.
std::vector<net::Address> samples_of(const net::Prefix& prefix) {
    std::array<std::uint8_t, 16> low{};
    std::array<std::uint8_t, 16> high{};
    const auto bytes = prefix.address().bytes();
    const std::size_t size = bytes.size();
    for (std::size_t i = 0; i < size; ++i) {
        const auto bits_before = static_cast<unsigned>(8 * i);
        const unsigned own = prefix.length() > bits_before ? std::min(prefix.length() - bits_before, 8U) : 0;
        low[i] = bytes[i];
        high[i] = static_cast<std::uint8_t>(bytes[i] | (0xffU >> own));
    }
    if (prefix.length() + 2 <= prefix.address().bits()) {
        low[size - 1] |= 1U;
        high[size - 1] &= 0xfeU;
    }
    std::vector<net::Address> samples;
    for (const auto* each : {&low, &high})
        if (const auto address = net::Address::from_bytes(std::span(*each).first(size));
            address && (samples.empty() || samples.front() != *address))
            samples.push_back(*address);
    return samples;
}

/// Who wants to read more of them than this has `ip route`.
constexpr std::size_t most_shown = 64;

Finding judge_destinations(Scene& scene, const port::Until& until) {
    const auto& tunnel = scene.expectation().tunnel_interface;
    base::Evidence evidence;
    for (const auto& destination : scene.wanted().destinations)
        for (const auto& sample : samples_of(destination)) {
            // Ten thousand destinations take their time where a rule stands for each.
            if (until.cancelled())
                return failed(
                    {.code = catalog::code::interrupted, .what = base::msg(N_("stopped on request"))});
            auto route = scene.ports().links.route_to(sample);
            if (!route)
                return failed(std::move(route).error());
            const bool astray = route->type != RouteType::unicast || route->interface != tunnel;
            if (astray || evidence.size() < most_shown)
                evidence.emplace_back(sample.text(), text_of(*route));
            if (astray)
                return failed(
                    catalog::code::destination_not_routed,
                    base::msg(
                        N_("packets to {address} do not go into {interface} (they go: {route})"),
                        {{"address", sample.text()}, {"interface", tunnel}, {"route", text_of(*route)}}),
                    std::move(evidence));
        }
    return pass(std::move(evidence));
}

/// Public addresses that must not be drawn into the tunnel: one reserved for documentation (RFC 5737; only
/// looked up, nothing is sent), and the gateways themselves, since a tunnel inside itself dies.
std::vector<net::Address> outside_of(Scene& scene) {
    std::vector<net::Address> addresses;
    const auto add = [&](std::string_view text) {
        const auto address = net::Address::parse(text);
        const bool inside =
            address && std::ranges::any_of(scene.wanted().destinations, [&](const net::Prefix& prefix) {
                return prefix.contains(*address);
            });
        if (address && !inside && std::ranges::find(addresses, *address) == addresses.end())
            addresses.push_back(*address);
    };
    add("192.0.2.1");
    for (const auto& gateway : scene.wanted().gateways)
        add(gateway);
    if (const auto sas = scene.our_sas())
        for (const auto& sa : *sas)
            add(sa.remote_host);
    return addresses;
}

Finding judge_default(Scene& scene) {
    const auto& expectation = scene.expectation();
    auto route = scene.ports().links.default_route();
    if (!route)
        return failed(std::move(route).error());
    if (!*route)
        return failed(catalog::code::default_route_missing,
                      base::msg(N_("this appliance has no default route")));
    base::Evidence evidence{
        {"default route",
         (*route)->interface + ((*route)->gateway ? " via " + (*route)->gateway->text() : std::string())}};
    if ((*route)->interface == expectation.tunnel_interface)
        return failed(catalog::code::default_route_captured,
                      base::msg(N_("the default route goes into the tunnel ({interface})"),
                                {{"interface", expectation.tunnel_interface}}),
                      std::move(evidence));
    for (const auto& address : outside_of(scene)) {
        auto way = scene.ports().links.route_to(address);
        if (!way)
            return failed(std::move(way).error());
        evidence.emplace_back(address.text(), text_of(*way));
        if (way->type == RouteType::unicast && way->interface == expectation.tunnel_interface)
            return failed(
                catalog::code::default_route_captured,
                base::msg(N_("packets to {address} on the internet go into the tunnel ({interface})"),
                          {{"address", address.text()}, {"interface", expectation.tunnel_interface}}),
                std::move(evidence));
    }
    if ((*route)->interface != expectation.wan_interface)
        return warn(catalog::code::default_route_elsewhere,
                    base::msg(N_("the default route goes by {interface}, not by the WAN {wan}"),
                              {{"interface", (*route)->interface}, {"wan", expectation.wan_interface}}),
                    std::move(evidence));
    return pass(std::move(evidence));
}

Finding judge_firewall(const Expectation& expectation) {
    const base::Evidence evidence{{"table", expectation.firewall_table}};
    auto loaded = expectation.firewall_as_wanted();
    if (!loaded)
        return failed(std::move(loaded).error());
    if (!*loaded)
        return failed(catalog::code::firewall_not_loaded,
                      base::msg(N_("the firewall table {table} is not in the kernel as it should be"),
                                {{"table", expectation.firewall_table}}),
                      evidence);
    return pass(evidence);
}

} // namespace

Rung route_destinations(const ScenePtr& scene) {
    return Rung{.id = "route.destinations",
                .title = base::msg(N_("Routes into the tunnel")),
                .party = catalog::Party::appliance,
                .needs = {"child.installed"},
                .deadline = deadline::local,
                .run = [scene](const port::Until& until) { return judge_destinations(*scene, until); }};
}

Rung route_default(const ScenePtr& scene) {
    return Rung{.id = "route.default",
                .title = base::msg(N_("Default route untouched")),
                .party = catalog::Party::appliance,
                .needs = {"link.wan"},
                .deadline = deadline::sas,
                .run = [scene](const port::Until&) { return judge_default(*scene); }};
}

Rung firewall_loaded(const ScenePtr& scene) {
    return Rung{.id = "firewall.loaded",
                .title = base::msg(N_("Firewall table")),
                .party = catalog::Party::appliance,
                .needs = {},
                .deadline = deadline::local,
                .run = [scene](const port::Until&) { return judge_firewall(scene->expectation()); }};
}

} // namespace eligate::verify
