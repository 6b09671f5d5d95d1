// SPDX-License-Identifier: Apache-2.0
// The rungs below IKE that only look at this machine and at the line's resolver.
#include "verify/deadlines.hpp"
#include "verify/rungs.hpp"

#include <algorithm>

namespace eligate::verify {
namespace {

using port::NameAnswer;

/// Nothing of eligate is older, so a clock before this is certainly wrong (a box without battery starts at
/// 1970 or at its firmware's date).
constexpr auto oldest_sane = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);
constexpr auto newest_sane = std::chrono::sys_days(std::chrono::year(2100) / std::chrono::January / 1);

std::string date_text(std::chrono::system_clock::time_point time) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
    const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return std::to_string(static_cast<int>(day.year())) + "-" + two(static_cast<unsigned>(day.month())) +
           "-" + two(static_cast<unsigned>(day.day()));
}

Finding judge_link(const std::string& name, const std::optional<port::Link>& link) {
    const base::Evidence base_evidence{{"interface", name}};
    if (!link)
        return failed(catalog::code::link_missing,
                      base::msg(N_("there is no interface {interface}"), {{"interface", name}}),
                      base_evidence);
    auto evidence = base_evidence;
    evidence.emplace_back("mtu", std::to_string(link->mtu));
    std::string addresses;
    for (const auto& address : link->addresses)
        addresses += (addresses.empty() ? "" : ", ") + address.text();
    evidence.emplace_back("addresses", addresses);
    if (!link->up || !link->carrier)
        return failed(catalog::code::link_down,
                      link->up ? base::msg(N_("{interface} has no link: no cable, or the other end is off"),
                                           {{"interface", name}})
                               : base::msg(N_("{interface} is switched off"), {{"interface", name}}),
                      std::move(evidence));
    const bool usable = std::ranges::any_of(link->addresses, [](const net::Address& address) {
        const auto bytes = address.bytes();
        const bool local = address.family() == net::Family::ipv4
                               ? bytes[0] == 169 && bytes[1] == 254
                               : bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80;
        return !local;
    });
    if (!usable)
        return failed(catalog::code::link_without_address,
                      base::msg(N_("{interface} has no address from the line"), {{"interface", name}}),
                      std::move(evidence));
    return pass(std::move(evidence));
}

std::string text_of(const port::Resolution& resolution) {
    switch (resolution.answer) {
    case NameAnswer::found: {
        std::string text;
        for (const auto& address : resolution.addresses)
            text += (text.empty() ? "" : ", ") + address.text();
        return text;
    }
    case NameAnswer::no_such_name:
        return "NXDOMAIN";
    case NameAnswer::no_address:
        return "NODATA";
    case NameAnswer::server_failure:
        return "SERVFAIL";
    case NameAnswer::no_answer:
        return "no answer";
    case NameAnswer::no_resolver:
        return "no resolver";
    case NameAnswer::bad_name:
        return "not a name";
    }
    return "";
}

base::Code code_of(NameAnswer answer) {
    switch (answer) {
    case NameAnswer::no_answer:
        return catalog::code::line_dns_silent;
    case NameAnswer::no_resolver:
        return catalog::code::line_dns_missing;
    case NameAnswer::server_failure:
        return catalog::code::line_dns_failure;
    case NameAnswer::found:
    case NameAnswer::no_such_name:
    case NameAnswer::no_address:
    case NameAnswer::bad_name:
        break;
    }
    return catalog::code::gateway_name_unknown;
}

base::Message what_of(const port::Resolution& resolution) {
    const std::vector<base::Argument> gateway{{"gateway", resolution.host}};
    const auto code = code_of(resolution.answer);
    if (code == catalog::code::line_dns_silent)
        return base::msg(N_("the line's DNS servers do not answer (asked for {gateway})"), gateway);
    if (code == catalog::code::line_dns_missing)
        return base::msg(N_("this appliance has no DNS server to ask for {gateway}"), gateway);
    if (code == catalog::code::line_dns_failure)
        return base::msg(N_("the line's DNS servers answer with a failure (asked for {gateway})"), gateway);
    return base::msg(N_("the line's DNS does not know the gateway {gateway}"), gateway);
}

Finding judge_names(const std::vector<port::Resolution>& names, const std::vector<std::string>& servers,
                    bool tunnel_stands) {
    base::Evidence evidence;
    std::string asked;
    for (const auto& server : servers)
        asked += (asked.empty() ? "" : ", ") + server;
    evidence.emplace_back("dns servers", asked);
    const port::Resolution* missing = nullptr;
    bool found = false;
    for (const auto& name : names) {
        evidence.emplace_back(name.host, text_of(name));
        if (name.answer == NameAnswer::found)
            found = true;
        else if (missing == nullptr)
            missing = &name;
    }
    if (missing == nullptr)
        return pass(std::move(evidence));
    auto what = what_of(*missing);
    // With another gateway's name, or with the tunnel up already, work goes on; a restart may not.
    if (found || tunnel_stands)
        return warn(code_of(missing->answer), std::move(what), std::move(evidence));
    return failed(code_of(missing->answer), std::move(what), std::move(evidence));
}

Finding resolve(Scene& scene, const port::Until& until) {
    const auto& gateways = scene.wanted().gateways;
    auto names = scene.ports().names.resolve(gateways, until);
    if (!names)
        return failed(std::move(names).error());
    scene.resolved_gateways = *names;
    const bool all =
        std::ranges::all_of(*names, [](const auto& each) { return each.answer == NameAnswer::found; });
    return judge_names(*names, scene.ports().names.servers(), !all && scene.tunnel_stands());
}

} // namespace

Rung link_wan(const ScenePtr& scene) {
    return Rung{.id = "link.wan",
                .title = base::msg(N_("WAN link")),
                .party = catalog::Party::site,
                .needs = {},
                .deadline = deadline::local,
                .run = [scene](const port::Until&) {
                    const auto& name = scene->expectation().wan_interface;
                    auto link = scene->ports().links.link(name);
                    return link ? judge_link(name, *link) : failed(std::move(link).error());
                }};
}

Rung clock_rung(const ScenePtr& scene) {
    return Rung{.id = "clock",
                .title = base::msg(N_("Clock")),
                .party = catalog::Party::appliance,
                .needs = {},
                .deadline = deadline::local,
                .run = [scene](const port::Until&) {
                    const auto now = scene->ports().clock.now();
                    const base::Evidence evidence{{"date (UTC)", date_text(now)}};
                    if (now < oldest_sane || now >= newest_sane)
                        return failed(catalog::code::clock_wrong,
                                      base::msg(N_("the clock says {date}, which cannot be right"),
                                                {{"date", date_text(now)}}),
                                      evidence);
                    if (!scene->ports().clock.synchronised())
                        return warn(catalog::code::clock_unsynchronised,
                                    base::msg(N_("nothing keeps the clock right")), evidence);
                    return pass(evidence);
                }};
}

Rung gateway_resolve(const ScenePtr& scene) {
    return Rung{.id = "gateway.resolve",
                .title = base::msg(N_("Gateway names")),
                .party = catalog::Party::line,
                .needs = {"link.wan"},
                .deadline = deadline::resolve,
                .run = [scene](const port::Until& until) { return resolve(*scene, until); }};
}

} // namespace eligate::verify
