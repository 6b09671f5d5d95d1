// SPDX-License-Identifier: Apache-2.0
// The rungs that look from where a terminal stands, and at what left by the line while they did.
#include "verify/deadlines.hpp"
#include "verify/inner_dns.hpp"
#include "verify/provoke.hpp"
#include "verify/rungs.hpp"
#include "verify/standpoint.hpp"

#include <fmt/format.h>

#include <strings.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace eligate::verify {
namespace {

using base::msg;
using base::Result;
namespace code = catalog::code;

std::string text_of(const std::vector<net::Address>& addresses) {
    std::string text;
    for (const auto& address : addresses)
        text += (text.empty() ? "" : ", ") + address.text();
    return text;
}

Finding no_place(const Wanted& wanted, const port::Entered& entered) {
    base::Evidence evidence;
    if (!entered.taken.empty())
        evidence.emplace_back("in use", text_of(entered.taken));
    if (!entered.elsewhere.empty())
        evidence.emplace_back("not on the LAN", text_of(entered.elsewhere));
    if (!wanted.place_is_named)
        return warn(code::no_free_address, msg(N_("none of the terminals' addresses is known to be free")),
                    std::move(evidence));
    const base::Argument address{"address", wanted.places.front().text()};
    return warn(code::no_free_address,
                entered.taken.empty()
                    ? msg(N_("lan.probe {address} is not on a network of a LAN interface"), {address})
                    : msg(N_("lan.probe {address} is in use"), {address}),
                std::move(evidence));
}

/// How far the place's own question came.
struct Way {
    bool into_tunnel = false;
    bool back_out_of_it = false;
};

Finding judge(const port::Place& place, const Heard& heard, Way way, const Wanted& wanted) {
    base::Evidence evidence{{"from", place.address().text()},
                            {"by", place.gateway().text()},
                            {"asked", text_of(targets_of(wanted))}};
    const std::vector<base::Argument> address{{"address", place.address().text()}};
    if (heard.anything && !way.into_tunnel)
        return failed(code::lan_not_forwarded,
                      msg(N_("something on this side of the tunnel answers a terminal ({address}) in the "
                             "provider's place"),
                          address),
                      std::move(evidence));
    if (heard.anything)
        return pass(std::move(evidence));
    if (!way.into_tunnel)
        return failed(code::lan_not_forwarded,
                      msg(N_("a terminal's packets (from {address}) do not reach the tunnel"), address),
                      std::move(evidence));
    // To the provider, all packets of an assigned address are the same.
    if (!way.back_out_of_it)
        return failed(
            wanted.address == profile::AddressMode::assigned ? code::lan_source_lost : code::lan_unanswered,
            msg(N_("a terminal's packets (from {address}) go into the tunnel, and nothing comes back"),
                address),
            std::move(evidence));
    return failed(
        code::lan_answers_lost,
        msg(N_("answers come out of the tunnel and do not reach the terminal ({address})"), address),
        std::move(evidence));
}

/// On the tunnel's interface, what is said of this name alone: real terminals talk, too.
Result<std::unique_ptr<port::LineWatch>> watch_tunnel(const Scene& scene, bool answers) {
    return scene.ports().watcher.watch({.interface = scene.expectation().tunnel_interface,
                                        .destinations = {},
                                        .domains = {scene.wanted().sample_name},
                                        .answers = answers});
}

/// By which the kernel's own ICMP may come: an answer of the appliance is none of the provider's.
std::vector<net::Address> own_addresses(const Lan& lan) {
    const auto& expectation = lan.appliance->expectation();
    std::vector<net::Address> own{lan.at.place->gateway()};
    auto names = expectation.lan_interfaces;
    names.insert(names.end(), {expectation.wan_interface, expectation.tunnel_interface});
    for (const auto& name : names)
        if (const auto link = lan.appliance->ports().links.link(name); link && *link)
            own.insert(own.end(), (*link)->addresses.begin(), (*link)->addresses.end());
    return own;
}

Finding ask_from_there(const Lan& lan, const port::Until& until) {
    const auto& scene = *lan.terminal;
    auto questions = watch_tunnel(scene, false);
    if (!questions)
        return failed(std::move(questions).error());
    auto answers = watch_tunnel(scene, true);
    if (!answers)
        return failed(std::move(answers).error());
    auto heard = provoke(scene, until, own_addresses(lan));
    if (!heard)
        return failed(std::move(heard).error());
    const auto asked = (*questions)->seen();
    const Way way{.into_tunnel = !asked.questions.empty() || asked.missed,
                  .back_out_of_it = !(*answers)->seen().questions.empty()};
    return judge(*lan.at.place, *heard, way, scene.wanted());
}

Finding forwarding(Lan& lan, const port::Until& until) {
    const auto& scene = *lan.terminal;
    const auto& wanted = scene.wanted();
    // From here on, also where there is no place: the appliance's own packets are looked at, too.
    if (auto watch = scene.ports().watcher.watch({.interface = scene.expectation().wan_interface,
                                                  .destinations = wanted.destinations,
                                                  .domains = wanted.domains}))
        lan.at.watch = std::move(*watch);
    auto entered = scene.ports().places.enter(
        {.candidates = wanted.places, .interfaces = scene.expectation().lan_interfaces}, until);
    if (!entered)
        return failed(std::move(entered).error());
    if (!entered->place)
        return no_place(wanted, *entered);
    lan.at.place = std::move(entered->place);
    return ask_from_there(lan, until.anew(deadline::lan));
}

/// Whether the name is there is not what is asked.
bool is_served(Rcode rcode) {
    return rcode == Rcode::no_error || rcode == Rcode::no_such_name;
}

/// Where the forwarder has no answer: whether there is one to be had, by the same transport.
Finding judge_forwarder(const Lan& lan, const Wanted& asked, Transport transport,
                        const std::vector<ServerAnswer>& answers, base::Evidence evidence,
                        const port::Until& until) {
    const auto& name = asked.sample_name;
    auto direct = ask(*lan.appliance, name, transport, until.at_most(deadline::dns_try));
    if (!direct)
        return failed(std::move(direct).error());
    note(evidence, transport == Transport::udp ? "udp" : "tcp", *direct);
    const auto* const theirs = best_of(*direct).reply;
    const bool served = theirs != nullptr && is_served(theirs->rcode);
    if (!served && transport == Transport::udp)
        return without_address(name, *direct, std::move(evidence));
    if (!served)
        return warn(
            code::dns_large_tcp,
            msg(N_("the provider's DNS servers do not answer over TCP (asked for {name})"), {{"name", name}}),
            std::move(evidence));
    const base::Argument address{"address", text_of(asked.dns_servers)};
    if (best_of(answers).reply == nullptr)
        return failed(code::forwarder_silent,
                      msg(N_("the forwarder on {address} does not answer"), {address}), std::move(evidence));
    return failed(
        code::forwarder_fails,
        msg(N_("the forwarder on {address} does not get an answer for {name}"), {address, {"name", name}}),
        std::move(evidence));
}

Finding forwarder(Lan& lan, const port::Until& until) {
    // Where there is no place, the appliance itself asks: the forwarder's own way is the same.
    const Scene& scene = lan.at.place ? *lan.asking : *lan.beside;
    const auto& wanted = scene.wanted();
    // leak.dns looks whether this one was asked of anybody on the line.
    lan.at.own_name = fresh_name(wanted);
    base::Evidence evidence;
    for (const auto transport : {Transport::udp, Transport::tcp}) {
        auto answers =
            ask(scene, wanted.sample_name, transport,
                until.at_most(transport == Transport::udp ? deadline::dns_try : deadline::forwarder_tcp));
        if (!answers)
            return failed(std::move(answers).error());
        note(evidence, transport == Transport::udp ? "dns udp" : "dns tcp", *answers);
        const auto* const best = best_of(*answers).reply;
        if (best == nullptr || !is_served(best->rcode))
            return judge_forwarder(lan, wanted, transport, *answers, std::move(evidence), until);
    }
    static_cast<void>(ask(scene, lan.at.own_name, Transport::udp, until.at_most(deadline::dns_try)));
    return pass(std::move(evidence));
}

Finding not_watched() {
    return unknown(msg(N_("the line could not be watched, or not all of it")));
}

Finding leak_destinations(Lan& lan) {
    if (!lan.at.watch)
        return not_watched();
    const auto leaks = lan.at.watch->seen();
    const auto& line = lan.appliance->expectation().wan_interface;
    if (leaks.packets == 0 && leaks.missed)
        return not_watched();
    if (leaks.packets == 0)
        return pass({{"interface", line}, {"packets", "0"}});
    return failed(
        code::leaked_packet,
        msg(N_("packets for the destinations left by {interface} in the clear: {count}"),
            {{"count", std::to_string(leaks.packets)}, {"interface", line}}),
        {{"interface", line}, {"packets", std::to_string(leaks.packets)}, {"first", leaks.first_packet}});
}

Finding judge_questions(const Lan& lan, port::Leaks leaks) {
    auto questions = std::move(leaks.questions);
    // strongSwan itself asks for these, and there is nobody else to ask before the tunnel stands.
    std::erase_if(questions, [&](const std::string& name) {
        return std::ranges::any_of(lan.appliance->wanted().gateways, [&](const std::string& gateway) {
            return ::strcasecmp(gateway.c_str(), name.c_str()) == 0;
        });
    });
    const auto& line = lan.appliance->expectation().wan_interface;
    base::Evidence evidence{{"interface", line}};
    for (const auto& name : questions)
        evidence.emplace_back("name", name);
    if (questions.empty())
        return leaks.missed ? not_watched() : pass(std::move(evidence));
    const bool ours = std::ranges::find(questions, lan.at.own_name) != questions.end();
    if (ours)
        return failed(
            code::forwarder_leaks,
            msg(N_("the forwarder asked a server on the line for {name}"), {{"name", lan.at.own_name}}),
            std::move(evidence));
    return warn(code::name_asked_outside,
                msg(N_("{name} was asked of a server on the line ({interface})"),
                    {{"name", questions.front()}, {"interface", line}}),
                std::move(evidence));
}

Finding leak_dns(Lan& lan) {
    if (!lan.at.watch)
        return not_watched();
    auto finding = judge_questions(lan, lan.at.watch->seen());
    lan.at.place.reset();
    lan.at.watch.reset();
    return finding;
}

Rung forwarding_rung(const LanPtr& lan) {
    return Rung{.id = "lan.forwarding",
                .title = msg(N_("Through the appliance, from a terminal's place")),
                .party = catalog::Party::appliance,
                .needs = {"esp.both-ways"},
                .deadline = deadline::lan,
                .run = [lan](const port::Until& until) { return forwarding(*lan, until); }};
}

Rung forwarder_rung(const LanPtr& lan) {
    return Rung{.id = "dns.forwarder",
                .title = msg(N_("The terminals' DNS forwarder")),
                .party = catalog::Party::appliance,
                .needs = {"esp.both-ways"},
                .after = {"lan.forwarding"},
                .deadline = deadline::forwarder,
                .run = [lan](const port::Until& until) { return forwarder(*lan, until); }};
}

/// What failed there has worked from the appliance a moment before: it is not for whom the code would blame.
Finding blamed_on_the_way(Finding finding) {
    if (finding.status == Status::fail && finding.code) {
        finding.evidence.emplace_back("code", std::string(finding.code->id));
        finding.code = code::lan_service_fails;
    }
    return finding;
}

/// The same rung, from there; not where it fails from here, too.
Rung seen_from_there(const LanPtr& lan, Rung rung) {
    for (auto& need : rung.needs)
        need = need == "esp.both-ways" ? std::string("lan.forwarding") : fmt::format("lan.{}", need);
    rung.needs.push_back(rung.id);
    if (!lan->appliance->expectation().forwarder.empty())
        rung.needs.emplace_back("dns.forwarder");
    rung.id = "lan." + rung.id;
    rung.title =
        msg(N_("From a terminal's place: {check}"), {{.name = "check", .value = std::move(rung.title)}});
    rung.run = [lan, run = std::move(rung.run)](const port::Until& until) {
        return lan->at.place
                   ? blamed_on_the_way(run(until))
                   : Finding{.status = Status::skip,
                             .what = msg(N_("there is no free address to look from (see lan.forwarding)"))};
    };
    return rung;
}

Rung leak_rung(const char* id, const char* title, std::vector<std::string> after,
               std::function<Finding()> run) {
    return Rung{.id = id,
                .title = msg(title),
                .party = catalog::Party::appliance,
                .needs = {"esp.both-ways"},
                .after = std::move(after),
                .deadline = deadline::local,
                .run = [run = std::move(run)](const port::Until&) { return run(); }};
}

} // namespace

void add_lan_rungs(const ScenePtr& scene, const MakeServices& services, std::vector<Rung>& ladder) {
    if (scene->wanted().places.empty())
        return;
    const auto lan = std::make_shared<Lan>(scene);
    std::vector<Rung> rungs{forwarding_rung(lan)};
    if (!scene->expectation().forwarder.empty())
        rungs.push_back(forwarder_rung(lan));
    for (auto& rung : services(lan->asking))
        rungs.push_back(seen_from_there(lan, std::move(rung)));
    std::vector<std::string> all;
    all.reserve(rungs.size() + 1);
    for (const auto& rung : rungs)
        all.push_back(rung.id);
    rungs.push_back(leak_rung("leak.destinations", N_("No packet for the destinations in the clear"), all,
                              [lan] { return leak_destinations(*lan); }));
    all.emplace_back("leak.destinations");
    rungs.push_back(leak_rung("leak.dns", N_("None of the network's names asked on the line"), all,
                              [lan] { return leak_dns(*lan); }));
    std::ranges::move(rungs, std::back_inserter(ladder));
}

} // namespace eligate::verify
