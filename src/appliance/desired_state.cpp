// SPDX-License-Identifier: Apache-2.0
#include "appliance/desired_state.hpp"

#include "appliance/credentials.hpp"
#include "appliance/swanctl_conf.hpp"
#include "catalog/catalog.hpp"
#include "render/template.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eligate::appliance {
namespace {

using base::msg;
namespace code = catalog::code;

/// Behind the route into the tunnel, for as long as there is none.
constexpr std::uint32_t unreachable_metric = 9000;

/// Of charon, as Debian builds it: the table of its routes, and the priority of its rule for that table.
constexpr std::uint32_t charon_table = 220;
constexpr std::uint32_t charon_priority = 220;

base::Result<std::string> wan_interface(const profile::Settled& settled, const Facts& facts) {
    if (!facts.wan_exists)
        return base::fail(code::no_interface,
                          msg(N_("there is no interface {name}"), {{"name", settled.wan_interface}}),
                          {{"wan", settled.wan_interface}});
    if (!facts.lan_exists)
        return base::fail(code::no_interface,
                          msg(N_("there is no interface {name}"), {{"name", settled.lan_interface}}),
                          {{"lan", settled.lan_interface}});
    if (!settled.wan_interface.empty())
        return settled.wan_interface;
    if (facts.default_route_interface.empty())
        return base::fail(code::no_wan, msg(N_("there is no default route")));
    return facts.default_route_interface;
}

base::Result<> check_dataplane(const profile::Settled& settled, const Facts& facts) {
    if (settled.dataplane == profile::Dataplane::xfrm)
        return base::fail(code::dataplane_unsupported,
                          msg(N_("site.toml asks for the dataplane {name}"), {{"name", "xfrm"}}));
    if (!facts.userspace_dataplane)
        return base::fail(code::dataplane_missing,
                          msg(N_("strongSwan runs without its plugin {name}"), {{"name", "kernel-libipsec"}}),
                          {{"plugin", "kernel-libipsec"}});
    return {};
}

render::List elements(const std::vector<net::Prefix>& prefixes) {
    render::List list;
    for (std::size_t i = 0; i < prefixes.size(); ++i)
        list.push_back({.names = {{"prefix", prefixes[i].text()}, {"first", i == 0}}});
    return list;
}

/// The tunnel's device has one address, ours, and the kernel takes it; or the address has to be named.
bool names_source(const profile::Settled& settled, const Facts& facts) {
    return settled.address == profile::AddressMode::assigned && facts.tunnel_device_shared;
}

base::Result<std::string> firewall_text(const profile::Settled& settled, const Facts& facts,
                                        const Templates& templates) {
    const render::Values values{.names = {{"tunnel", std::string(userspace_tunnel_interface)},
                                          {"destinations", elements(settled.destinations)},
                                          {"has_terminals", !settled.terminals.empty()},
                                          {"terminals", elements(settled.terminals)},
                                          {"masquerade", settled.address == profile::AddressMode::assigned &&
                                                             !names_source(settled, facts)}}};
    return render::from_template("eligate.nft", templates.firewall, render::Syntax::nft, values);
}

/// Keeps what is negotiated from capturing more than our destinations. kernel-libipsec puts a route for the
/// whole remote_ts into table 220 (the whole internet, with 0.0.0.0/0) and cannot be told not to (5.9.8). So,
/// for each such prefix: charon's table without that one route, which leaves other connections' routes in
/// force; then over charon's own rule to the next one. Not straight to the main table, since that would jump
/// over other people's rules.
void add_shadow_rules(plan::State& state, const std::vector<net::Prefix>& wider) {
    if (wider.empty())
        return;
    plan::put(state, plan::Rule{.priority = charon_priority + 1,
                                .action = plan::RuleAction::nop,
                                .to = std::nullopt,
                                .target = 0,
                                .suppress_prefixlength = std::nullopt});
    for (const auto& selector : wider) {
        const auto to = selector.length() == 0 ? std::nullopt : std::optional(selector);
        // Never a rule for everything beside one for a prefix: the kernel compares only what a request names
        // (rule_exists, rule_find in fib_rules.c), so it would take the one for the other.
        const auto priority = rule_priority + (to ? 2 : 4);
        plan::put(state, plan::Rule{.priority = priority,
                                    .action = plan::RuleAction::lookup,
                                    .to = to,
                                    .target = charon_table,
                                    .suppress_prefixlength = selector.length()});
        plan::put(state, plan::Rule{.priority = priority + 1,
                                    .action = plan::RuleAction::go_to,
                                    .to = to,
                                    .target = charon_priority + 1,
                                    .suppress_prefixlength = std::nullopt});
    }
}

/// The way into the tunnel is the route that kernel-libipsec itself puts into charon's table while the
/// CHILD_SA stands: it names the assigned address, and comes back with the SA. A route of ours through the
/// device would not: the kernel takes all IPv4 routes of a device away with its last address
/// (fib_disable_ip), and the assigned address goes with each SA. Shorter prefixes than what we negotiate are
/// other connections' routes.
plan::Rule into_tunnel(const net::Prefix& destination, const std::vector<net::Prefix>& remote_ts) {
    unsigned length = destination.length();
    for (const auto& selector : remote_ts)
        if (selector.contains(destination))
            length = std::min(length, selector.length());
    return {.priority = rule_priority,
            .action = plan::RuleAction::lookup,
            .to = destination,
            .target = charon_table,
            .suppress_prefixlength = length == 0 ? std::nullopt : std::optional(length - 1)};
}

void add_routing(plan::State& state, const profile::Settled& settled) {
    for (const auto& destination : settled.destinations) {
        plan::put(state, into_tunnel(destination, settled.remote_ts));
        plan::put(state, plan::Route{.table = routing_table,
                                     .destination = destination,
                                     .type = plan::RouteType::unreachable,
                                     .device = "",
                                     .metric = unreachable_metric});
    }
    plan::put(state, plan::Rule{.priority = rule_priority + 1,
                                .action = plan::RuleAction::lookup,
                                .to = std::nullopt,
                                .target = routing_table,
                                .suppress_prefixlength = std::nullopt});
    std::vector<net::Prefix> wider;
    std::ranges::copy_if(settled.remote_ts, std::back_inserter(wider), [&](const net::Prefix& selector) {
        return std::ranges::find(settled.destinations, selector) == settled.destinations.end();
    });
    add_shadow_rules(state, wider);
}

std::vector<plan::Connection> connections_of(const profile::Settled& settled,
                                             const Credentials& credentials) {
    std::vector<plan::Connection> connections;
    for (const auto& gateway : settled.gateways) {
        ipsec::Connection connection{
            .name = connection_prefix + std::to_string(connections.size() + 1),
            .gateway = gateway,
            .proposals = settled.ike_proposals,
            .local = settled.local,
            .remote = settled.remote,
            .virtual_ip = settled.address == profile::AddressMode::assigned,
            .child = {.name = child_name,
                      .proposals = settled.esp_proposals,
                      .local_ts = settled.address == profile::AddressMode::routed
                                      ? settled.terminals
                                      : std::vector<net::Prefix>{},
                      .remote_ts = settled.remote_ts,
                      .replay_window = std::nullopt,
                      .if_id = std::nullopt},
            .mobike = false,
            // Only the preferred one: two at once would take two addresses from the provider.
            .start_at_boot = connections.empty()};
        connection.remote.authority_subject = credentials.authority_subject;
        connections.push_back(
            {.connection = std::move(connection), .certificates = credentials.certificates, .altered = ""});
    }
    return connections;
}

plan::AssignedSource source_of(const plan::Tunnel& tunnel, const profile::Settled& settled) {
    plan::AssignedSource source{.tunnel = tunnel.name,
                                .connections = {},
                                .device = userspace_tunnel_interface,
                                .destinations = settled.destinations};
    for (const auto& connection : tunnel.via)
        source.connections.push_back(connection.name);
    return source;
}

void add_authority_files(plan::State& state, const Credentials& credentials,
                         std::vector<std::pair<std::string, std::string>>& named) {
    for (const auto& authority : credentials.authorities) {
        const auto path = "/etc/swanctl/" + authority.name + ".der";
        plan::put(state, plan::File{.path = path, .mode = 0644, .content = base::Secret(authority.der)});
        named.emplace_back(authority.name, path);
        plan::put(state, authority);
    }
}

} // namespace

base::Result<Desired> desired_state(const profile::Settled& settled, const Facts& facts,
                                    const Templates& templates) {
    Desired desired;
    ELIGATE_TRY_ASSIGN(desired.wan_interface, wan_interface(settled, facts));
    ELIGATE_TRY(check_dataplane(settled, facts));
    desired.tunnel_interface = userspace_tunnel_interface;
    ELIGATE_TRY_ASSIGN(desired.firewall_text, firewall_text(settled, facts, templates));

    auto& state = desired.state;
    ELIGATE_TRY_ASSIGN(const auto strongswan, render::from_template("strongswan.conf", templates.strongswan,
                                                                    render::Syntax::strongswan_conf, {}));
    plan::put(state, plan::File{.path = strongswan_path,
                                .mode = 0644,
                                .content = base::Secret(strongswan),
                                .sensitive = false,
                                .reader = plan::Reader::charon_settings});
    plan::put(state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    // A router heeds no ICMP redirect. The kernel sets this itself when forwarding is switched, either way
    // (inet_forward_change); it is named here so that it goes back to what it was.
    plan::put(state, plan::Sysctl{.name = "net.ipv4.conf.all.accept_redirects", .value = "0"});
    add_routing(state, settled);

    ELIGATE_TRY_ASSIGN(const auto credentials, credentials_of(settled));
    const auto connections = connections_of(settled, credentials);
    std::vector<std::pair<std::string, std::string>> authorities;
    add_authority_files(state, credentials, authorities);
    if (credentials.private_key) {
        plan::put(state, plan::File{.path = private_key_path,
                                    .mode = 0600,
                                    .content = credentials.private_key->der,
                                    .sensitive = true});
        plan::put(state, *credentials.private_key);
    }
    for (const auto& secret : credentials.secrets)
        plan::put(state, secret);
    ELIGATE_TRY_ASSIGN(auto boot, swanctl_conf({.connections = connections,
                                                .secrets = credentials.secrets,
                                                .authorities = authorities}));
    plan::put(state,
              plan::File{.path = swanctl_path, .mode = 0600, .content = std::move(boot), .sensitive = true});
    plan::Tunnel tunnel{.name = child_name, .via = {}, .credential = credentials.fingerprint};
    for (const auto& connection : connections) {
        plan::put(state, connection);
        tunnel.via.push_back(connection.connection);
    }
    if (names_source(settled, facts))
        plan::put(state, source_of(tunnel, settled));
    plan::put(state, std::move(tunnel));
    return desired;
}

plan::State with_firewall(const Desired& desired, std::string canonical_listing) {
    auto state = desired.state;
    plan::put(state, plan::FirewallTable{.listing = std::move(canonical_listing)});
    return state;
}

} // namespace eligate::appliance
