// SPDX-License-Identifier: Apache-2.0
// The rungs that compare what charon negotiated with what the profile asks for.
#include "verify/deadlines.hpp"
#include "verify/rungs.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace eligate::verify {
namespace {

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const auto& text : texts)
        out += (out.empty() ? "" : ", ") + text;
    return out;
}

base::Evidence evidence_of(const vici::IkeSa& sa) {
    base::Evidence evidence{{"connection", sa.name},
                            {"state", sa.state},
                            {"gateway", sa.remote_host + ":" + std::to_string(sa.remote_port)},
                            {"gateway id", sa.remote_id},
                            {"nat", sa.nat_any ? "yes" : "no"}};
    if (sa.established)
        evidence.emplace_back("established for", std::to_string(sa.established->count()) + " s");
    return evidence;
}

Finding judge_ike(const std::vector<vici::IkeSa>& sas) {
    if (const auto up = std::ranges::find_if(sas, [](const auto& sa) { return works(sa); }); up != sas.end())
        return pass(evidence_of(*up));
    if (sas.empty())
        return failed(catalog::code::ike_not_established, base::msg(N_("there is no IKE_SA of this tunnel")));
    return failed(catalog::code::ike_not_established,
                  base::msg(N_("the IKE_SA to {gateway} is not established ({state})"),
                            {{"gateway", sas.front().remote_host}, {"state", sas.front().state}}),
                  evidence_of(sas.front()));
}

Finding judge_child(const std::vector<vici::IkeSa>& sas, const Expectation& expectation) {
    const auto children = working_children(sas, expectation.child_name);
    if (!children.empty()) {
        const auto& child = children.front();
        base::Evidence evidence{{"child", child.name},
                                {"state", child.state},
                                {"spi in", child.spi_in},
                                {"spi out", child.spi_out},
                                {"esp in udp", child.encap ? "yes" : "no"}};
        if (expectation.if_id != 0)
            evidence.emplace_back("if_id", std::to_string(child.if_id_in));
        // list-conns does not tell an if_id, so this is where another one shows.
        if (child.if_id_in != expectation.if_id || child.if_id_out != expectation.if_id)
            return failed(catalog::code::child_of_another_interface,
                          base::msg(N_("the CHILD_SA does not belong to the interface {interface}"),
                                    {{"interface", expectation.tunnel_interface}}),
                          std::move(evidence));
        return pass(std::move(evidence));
    }
    base::Evidence evidence;
    for (const auto& sa : sas)
        for (const auto& child : sa.children)
            evidence.emplace_back(child.name, child.state);
    return failed(catalog::code::child_not_installed,
                  base::msg(N_("the IKE_SA is up, but it carries no CHILD_SA")), std::move(evidence));
}

/// Union of the selectors that are whole prefixes: one narrowed to a protocol or port does not carry all.
std::vector<net::Prefix> prefixes_of(const std::vector<std::string>& selectors) {
    std::vector<net::Prefix> prefixes;
    for (const auto& selector : selectors)
        if (const auto prefix = vici::prefix_of(selector))
            prefixes.push_back(*prefix);
    return prefixes;
}

Finding judge_selectors(const std::vector<vici::ChildSa>& children, const Wanted& wanted) {
    std::vector<std::string> texts;
    for (const auto& child : children)
        texts.insert(texts.end(), child.remote_ts.begin(), child.remote_ts.end());
    const auto negotiated = prefixes_of(texts);
    base::Evidence evidence{{"negotiated", joined(texts)},
                            {"asked for", net::text_of(wanted.remote_ts)},
                            {"destinations", net::text_of(wanted.destinations)}};
    for (const auto& destination : wanted.destinations)
        if (!net::covers(negotiated, destination))
            return failed(
                catalog::code::selectors_too_narrow,
                base::msg(
                    N_("the provider's gateway does not carry {destination}; it agreed to {negotiated}"),
                    {{"destination", destination.text()}, {"negotiated", joined(texts)}}),
                std::move(evidence));
    for (const auto& asked : wanted.remote_ts)
        if (!net::covers(negotiated, asked))
            return warn(catalog::code::selectors_narrowed,
                        base::msg(N_("the provider's gateway narrowed {asked} to {negotiated}"),
                                  {{"asked", asked.text()}, {"negotiated", joined(texts)}}),
                        std::move(evidence));
    return pass(std::move(evidence));
}

base::Result<bool> holds_one_of(Scene& scene, const std::vector<std::string>& assigned) {
    ELIGATE_TRY_ASSIGN(const auto link, scene.ports().links.link(scene.expectation().tunnel_interface));
    return link && std::ranges::any_of(assigned, [&](const std::string& text) {
               const auto address = net::Address::parse(text);
               return address && std::ranges::find(link->addresses, *address) != link->addresses.end();
           });
}

/// charon reports a CHILD_SA as installed a moment before it has run the program that sets the address.
constexpr std::chrono::milliseconds hook_patience{1500};
constexpr std::chrono::milliseconds hook_pause{30};

base::Result<bool> comes_to_hold(Scene& scene, const std::vector<std::string>& assigned,
                                 const port::Until& until) {
    const auto limit = until.at_most(hook_patience);
    for (;;) {
        auto held = holds_one_of(scene, assigned);
        if (!held || *held || limit.cancelled() || std::chrono::steady_clock::now() >= limit.deadline)
            return held;
        std::this_thread::sleep_for(hook_pause);
    }
}

const std::string* first_in_lan(const std::vector<std::string>& assigned,
                                const std::vector<net::Prefix>& lan) {
    const auto found = std::ranges::find_if(assigned, [&](const std::string& text) {
        const auto address = net::Address::parse(text);
        return address &&
               std::ranges::any_of(lan, [&](const net::Prefix& prefix) { return prefix.contains(*address); });
    });
    return found == assigned.end() ? nullptr : &*found;
}

Finding judge_address(Scene& scene, const std::vector<vici::IkeSa>& sas, const port::Until& until) {
    std::vector<std::string> assigned;
    for (const auto& sa : sas)
        if (works(sa))
            assigned.insert(assigned.end(), sa.local_vips.begin(), sa.local_vips.end());
    const auto& interface = scene.expectation().tunnel_interface;
    base::Evidence evidence{{"assigned", joined(assigned)}, {"interface", interface}};
    if (assigned.empty())
        return failed(catalog::code::virtual_ip_unassigned,
                      base::msg(N_("the provider's gateway assigned no address")), std::move(evidence));
    if (const auto* const in_lan = first_in_lan(assigned, scene.wanted().lan_prefixes))
        return failed(
            catalog::code::virtual_ip_in_lan,
            base::msg(N_("the assigned address {address} belongs to the clinic's LAN ({prefix})"),
                      {{"address", *in_lan}, {"prefix", net::text_of(scene.wanted().lan_prefixes)}}),
            std::move(evidence));
    const auto present = scene.expectation().if_id != 0 ? comes_to_hold(scene, assigned, until)
                                                        : holds_one_of(scene, assigned);
    if (!present)
        return failed(present.error());
    if (!*present)
        return failed(catalog::code::virtual_ip_missing,
                      base::msg(N_("the assigned address {address} is not on {interface}"),
                                {{"address", joined(assigned)}, {"interface", interface}}),
                      std::move(evidence));
    return pass(std::move(evidence));
}

using Judge = std::function<Finding(Scene&, const std::vector<vici::IkeSa>&, const port::Until&)>;

Rung sa_rung(const ScenePtr& scene, std::string id, base::Message title, std::string below, Judge judge) {
    return Rung{.id = std::move(id),
                .title = std::move(title),
                .party = catalog::Party::provider,
                .needs = {std::move(below)},
                .deadline = deadline::sas,
                .run = [scene, judge = std::move(judge)](const port::Until& until) {
                    auto sas = scene->our_sas();
                    return sas ? judge(*scene, *sas, until) : failed(std::move(sas).error());
                }};
}

} // namespace

Rung ike_established(const ScenePtr& scene) {
    return sa_rung(scene, "ike.established", base::msg(N_("IKE_SA with the gateway")), "gateway.reach",
                   [](Scene&, const auto& sas, const auto&) { return judge_ike(sas); });
}

Rung child_installed(const ScenePtr& scene) {
    return sa_rung(
        scene, "child.installed", base::msg(N_("CHILD_SA (IPsec)")), "ike.established",
        [](Scene& seen, const auto& sas, const auto&) { return judge_child(sas, seen.expectation()); });
}

Rung child_selectors(const ScenePtr& scene) {
    return sa_rung(scene, "child.selectors", base::msg(N_("Traffic selectors")), "child.installed",
                   [](Scene& seen, const auto& sas, const auto&) {
                       return judge_selectors(working_children(sas, seen.expectation().child_name),
                                              seen.wanted());
                   });
}

Rung address_assigned(const ScenePtr& scene) {
    return sa_rung(scene, "address.assigned", base::msg(N_("Address from the provider")), "child.installed",
                   judge_address);
}

} // namespace eligate::verify
