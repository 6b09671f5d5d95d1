// SPDX-License-Identifier: Apache-2.0
/// One function for each kind of rung; ladder.cpp puts them in order.
#pragma once

#include "verify/scene.hpp"

namespace eligate::verify {

Rung link_wan(const ScenePtr& scene);
Rung clock_rung(const ScenePtr& scene);
Rung gateway_resolve(const ScenePtr& scene);
Rung gateway_reach(const ScenePtr& scene);

Rung ike_established(const ScenePtr& scene);
Rung child_installed(const ScenePtr& scene);
Rung child_selectors(const ScenePtr& scene);
Rung address_assigned(const ScenePtr& scene);

Rung route_destinations(const ScenePtr& scene);
Rung route_default(const ScenePtr& scene);
Rung firewall_loaded(const ScenePtr& scene);

Rung esp_both_ways(const ScenePtr& scene);
Rung mtu_path(const ScenePtr& scene);

/// What the terminal's place is for: dns.forwarder, lan.forwarding, the services once more from there
/// (lan.*), and what left by the line meanwhile (leak.*). None where nobody on a LAN may use the tunnel.
/// `services` are the rungs of the services as they are made for any scene.
using MakeServices = std::function<std::vector<Rung>(const ScenePtr& scene)>;
void add_lan_rungs(const ScenePtr& scene, const MakeServices& services, std::vector<Rung>& ladder);

/// The ids and needs of these are the caller's, who knows which names are there more than once.
Rung dns_rung(const ScenePtr& scene, const profile::DnsCheck& check);
Rung ntp_rung(const ScenePtr& scene, const profile::NtpCheck& check);
/// `example` is a host one may ask the proxy to connect to; empty if none is known.
Rung proxy_rung(const ScenePtr& scene, const profile::ProxyCheck& check, const std::string& example);
Rung tcp_rung(const ScenePtr& scene, const profile::TcpCheck& check);
Rung tls_rung(const ScenePtr& scene, const profile::TlsCheck& check);

} // namespace eligate::verify
