// SPDX-License-Identifier: Apache-2.0
#include "appliance/desired_state.hpp"

#include "appliance/credentials.hpp"
#include "appliance/forwarder.hpp"
#include "appliance/swanctl_conf.hpp"
#include "catalog/catalog.hpp"
#include "render/template.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace eligate::appliance {
namespace {

using base::msg;
namespace code = catalog::code;

/// kernel-libipsec's device has no other (kernel_libipsec_router.c, 5.9.8).
constexpr unsigned userspace_mtu = 1400;

/// Packets. Lines reorder more than strongSwan's default of 32 allows for.
constexpr std::uint32_t xfrm_replay_window = 128;

base::Result<std::string> wan_interface(const profile::Settled& settled, const Facts& facts) {
    if (!facts.wan_exists)
        return base::fail(code::no_interface,
                          msg(N_("there is no interface {name}"), {{"name", settled.wan_interface}}),
                          {{"wan", settled.wan_interface}});
    if (!facts.missing_lan.empty())
        return base::fail(code::no_interface,
                          msg(N_("there is no interface {name}"), {{"name", facts.missing_lan}}),
                          {{"lan", facts.missing_lan}});
    // The LAN's own packets would be routed into the tunnel; and where it is a DNS server's, the way leads to
    // ourselves.
    if (facts.address_in_destination)
        return base::fail(code::lan_in_destinations,
                          msg(N_("{interface} has the address {address}, which is within the destinations"),
                              {{"interface", fmt::format("{}", fmt::join(settled.lan_interfaces, ", "))},
                               {"address", facts.address_in_destination->text()}}),
                          {{"lan", fmt::format("{}", fmt::join(settled.lan_interfaces, ", "))},
                           {"address", facts.address_in_destination->text()}});
    if (!settled.wan_interface.empty())
        return settled.wan_interface;
    if (facts.default_route_interface.empty())
        return base::fail(code::no_wan, msg(N_("there is no default route")));
    return facts.default_route_interface;
}

/// nft takes no element that lies within another one.
render::List elements(const std::vector<net::Prefix>& all) {
    const auto prefixes = net::merged(all);
    render::List list;
    for (std::size_t i = 0; i < prefixes.size(); ++i)
        list.push_back({.names = {{"prefix", prefixes[i].text()}, {"first", i == 0}}});
    return list;
}

render::List words(const std::vector<net::Address>& addresses) {
    render::List list;
    for (const auto& address : addresses)
        list.push_back({.names = {{"address", address.text()}, {"first", list.empty()}}});
    return list;
}

/// With DNS, by which the names of these are found.
render::List elements(std::vector<profile::Port> ports) {
    using profile::Transport;
    constexpr std::uint16_t dns = 53;
    for (const auto transport : {Transport::tcp, Transport::udp})
        if (const profile::Port port{.transport = transport, .number = dns};
            std::ranges::find(ports, port) == ports.end())
            ports.push_back(port);
    render::List list;
    for (const auto& port : ports)
        list.push_back({.names = {{"transport", port.transport == Transport::tcp ? "tcp" : "udp"},
                                  {"number", std::to_string(port.number)},
                                  {"first", list.empty()}}});
    return list;
}

/// What carries the tunnel.
struct Carrier {
    profile::Dataplane dataplane = profile::Dataplane::userspace;
    std::string interface;
    TunnelMtu mtu;

    bool is_xfrm() const { return dataplane == profile::Dataplane::xfrm; }
};

base::Result<Carrier> carrier_of(const profile::Settled& settled, const Facts& facts) {
    Carrier carrier;
    ELIGATE_TRY_ASSIGN(carrier.dataplane, choose_dataplane(settled, facts));
    carrier.interface = carrier.is_xfrm() ? xfrm_tunnel_interface : userspace_tunnel_interface;
    if (carrier.is_xfrm())
        carrier.mtu = tunnel_mtu(facts.path, settled.esp_proposals);
    else
        carrier.mtu.mtu = userspace_mtu;
    // charon alone knows the address that the provider assigned, and tells nobody but its plugin's program.
    if (carrier.is_xfrm() && settled.address == profile::AddressMode::assigned && !facts.updown_plugin)
        return base::fail(code::plugin_missing,
                          msg(N_("strongSwan runs without its plugin {name}"), {{"name", "updown"}}),
                          {{"plugin", "updown"}});
    return carrier;
}

/// The tunnel's device has one address, ours, and the kernel takes it; or the address has to be named.
bool names_source(const profile::Settled& settled, const Facts& facts, const Carrier& carrier) {
    return settled.address == profile::AddressMode::assigned && !carrier.is_xfrm() &&
           facts.tunnel_device_shared;
}

/// TCP's own part of a packet: two headers without options (RFC 9293 section 3.7.1).
constexpr unsigned tcp_overhead = 40;

base::Result<std::string> firewall_text(const profile::Settled& settled, const Facts& facts,
                                        const Carrier& carrier, const Templates& templates) {
    // Whatever is negotiated comes in, not only what is routed there. On a device that carries other tunnels,
    // too, theirs may lie within what is negotiated with us, but not within the destinations
    // (apply/foreign.cpp).
    const auto& inside = facts.tunnel_device_shared ? settled.destinations : settled.remote_ts;
    const render::Values values{
        .names = {
            {"tunnel", carrier.interface},
            {"own_tunnel", carrier.is_xfrm()},
            {"inside", elements(inside)},
            {"mss", std::to_string(carrier.mtu.mtu - tcp_overhead)},
            {"destinations", elements(settled.destinations)},
            {"has_terminals", !settled.terminals.empty()},
            {"terminals", elements(settled.terminals)},
            {"named_place", settled.place_is_named},
            {"named_place_address", settled.place_is_named ? settled.places.front().text() : std::string()},
            {"has_forwarder", settled.forwarder.has_value()},
            {"forwarder", words(facts.lan_addresses)},
            {"has_ports", !settled.ports.empty()},
            {"ports", elements(settled.ports)},
            {"masquerade",
             settled.address == profile::AddressMode::assigned && !names_source(settled, facts, carrier)}}};
    return render::from_template("eligate.nft", templates.firewall, render::Syntax::nft, values);
}

std::vector<plan::Connection> connections_of(const profile::Settled& settled, const Credentials& credentials,
                                             const Carrier& carrier) {
    const bool assigned = settled.address == profile::AddressMode::assigned;
    std::vector<plan::Connection> connections;
    for (const auto& gateway : settled.gateways) {
        ipsec::Connection connection{
            .name = connection_prefix + std::to_string(connections.size() + 1),
            .gateway = gateway,
            .proposals = settled.ike_proposals,
            .local = settled.local,
            .remote = settled.remote,
            .virtual_ip = assigned,
            .child = {.name = child_name,
                      .proposals = settled.esp_proposals,
                      .local_ts = settled.local_ts,
                      .remote_ts = settled.remote_ts,
                      .replay_window = std::nullopt,
                      .if_id = std::nullopt,
                      .updown = {}},
            .mobike = carrier.is_xfrm(),
            // Only the preferred one: two at once would take two addresses from the provider.
            .start_at_boot = connections.empty()};
        connection.remote.authority_subject = credentials.authority_subject;
        if (carrier.is_xfrm()) {
            connection.child.if_id = xfrm_if_id;
            connection.child.replay_window = xfrm_replay_window;
            // Which also keeps the terminals' forwarder from waiting while the tunnel is down.
            connection.child.updown = assigned || settled.forwarder ? updown_hook : "";
        }
        connections.push_back(
            {.connection = std::move(connection), .certificates = credentials.certificates, .altered = ""});
    }
    return connections;
}

void add_dataplane(plan::State& state, const profile::Settled& settled, const Facts& facts,
                   const Carrier& carrier) {
    if (!carrier.is_xfrm()) {
        add_userspace_routing(state, settled);
        return;
    }
    plan::put(state, plan::Link{.name = carrier.interface, .if_id = xfrm_if_id, .mtu = carrier.mtu.mtu});
    add_xfrm_routing(state, settled, facts);
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
    ELIGATE_TRY_ASSIGN(const auto carrier, carrier_of(settled, facts));
    desired.tunnel_interface = carrier.interface;
    desired.lan_interfaces = settled.lan_interfaces;
    if (desired.lan_interfaces.empty() && !settled.terminals.empty())
        desired.lan_interfaces = {desired.wan_interface};
    desired.tunnel_mtu = carrier.mtu;
    desired.dataplane = carrier.dataplane;
    ELIGATE_TRY_ASSIGN(desired.firewall_text, firewall_text(settled, facts, carrier, templates));

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
    add_dataplane(state, settled, facts, carrier);

    ELIGATE_TRY_ASSIGN(const auto credentials, credentials_of(settled));
    const auto connections = connections_of(settled, credentials, carrier);
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
    if (names_source(settled, facts, carrier))
        plan::put(state, source_of(tunnel, settled));
    plan::put(state, std::move(tunnel));
    ELIGATE_TRY(add_forwarder(state, settled, facts, templates));
    return desired;
}

plan::State with_firewall(const Desired& desired, std::string canonical_listing) {
    auto state = desired.state;
    plan::put(state, plan::FirewallTable{.listing = std::move(canonical_listing)});
    return state;
}

} // namespace eligate::appliance
