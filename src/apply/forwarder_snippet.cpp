// SPDX-License-Identifier: Apache-2.0
#include "apply/forwarder_snippet.hpp"

#include "appliance/forwarder.hpp"
#include "catalog/catalog.hpp"

#include <fmt/format.h>

#include <utility>

namespace eligate::apply {
namespace {

Snippet for_dnsmasq(const profile::Settled& settled) {
    Snippet snippet{.file = "/etc/dnsmasq.d/eligate.conf", .lines = {}};
    for (const auto& zone : appliance::zones_behind_tunnel(settled))
        for (const auto& server : settled.dns_servers)
            snippet.lines.push_back(fmt::format("server=/{}/{}", zone, server.text()));
    return snippet;
}

Snippet for_unbound(const profile::Settled& settled) {
    Snippet snippet{.file = "/etc/unbound/unbound.conf.d/eligate.conf", .lines = {"server:"}};
    const auto zones = appliance::zones_behind_tunnel(settled);
    for (const auto& zone : zones) {
        // Private names are not in the public root, and a validating resolver would say so.
        snippet.lines.push_back(fmt::format("  domain-insecure: \"{}\"", zone));
        snippet.lines.push_back(fmt::format("  private-domain: \"{}\"", zone));
        // RFC 6303 has it answer for all of 10.in-addr.arpa by itself, and `nodefault` is for such a zone as
        // a whole; one below it, which nothing is known of, is looked up.
        if (zone.ends_with(".arpa"))
            snippet.lines.push_back(fmt::format("  local-zone: \"{}\" transparent", zone));
    }
    for (const auto& zone : zones) {
        snippet.lines.emplace_back("forward-zone:");
        snippet.lines.push_back(fmt::format("  name: \"{}\"", zone));
        for (const auto& server : settled.dns_servers)
            snippet.lines.push_back(fmt::format("  forward-addr: {}", server.text()));
    }
    return snippet;
}

/// Its servers for all of the machine (DNS=) are asked for every name, whatever Domains= says; those of one
/// link only would have to be set anew at each boot. So it makes room.
Snippet for_resolved() {
    return {.file = "/etc/systemd/resolved.conf.d/eligate.conf",
            .lines = {"[Resolve]", "DNSStubListenerExtra="}};
}

} // namespace

Snippet snippet_for(const std::string& program, const profile::Settled& settled) {
    const auto name = program.substr(program.rfind('/') + 1);
    if (name == "unbound")
        return for_unbound(settled);
    if (name == "systemd-resolved")
        return for_resolved();
    return name == "dnsmasq" ? for_dnsmasq(settled) : Snippet{};
}

base::Unexpected taken_by(const port::DnsListener& holder, const profile::Settled& settled) {
    const auto snippet = snippet_for(holder.program, settled);
    base::Evidence evidence{{"address", holder.address ? holder.address->text() : "0.0.0.0"}, {"port", "53"}};
    if (holder.pid != 0)
        evidence.emplace_back("pid", std::to_string(holder.pid));
    if (!holder.program.empty())
        evidence.emplace_back("program", holder.program);
    if (!snippet.file.empty())
        evidence.emplace_back("file", snippet.file);
    for (const auto& line : snippet.lines)
        evidence.emplace_back("setting", line);
    return base::fail(catalog::code::dns_port_in_use,
                      holder.program.empty()
                          ? base::msg(N_("another program answers DNS where the forwarder is to listen"))
                          : base::msg(N_("{program} answers DNS where the forwarder is to listen"),
                                      {{"program", holder.program}}),
                      std::move(evidence));
}

} // namespace eligate::apply
