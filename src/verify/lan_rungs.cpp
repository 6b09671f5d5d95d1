// SPDX-License-Identifier: Apache-2.0
// The rungs that look from where a terminal stands, and at what left by the line while they did.
#include "verify/deadlines.hpp"
#include "verify/inner_dns.hpp"
#include "verify/provoke.hpp"
#include "verify/rungs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

namespace eligate::verify {
namespace {

using base::msg;
using base::Result;
namespace code = catalog::code;

/// What lan.forwarding enters, the rungs behind it use, and the last one leaves.
struct Standpoint {
    std::unique_ptr<port::Place> place;
    std::unique_ptr<port::LineWatch> watch;
    /// A name below one of the domains that nobody but dns.forwarder asks for.
    std::string own_name;
};

/// The place's wire, where there is one by the time it is used.
class StandpointWire final : public port::Wire {
  public:
    explicit StandpointWire(Standpoint& at)
        : m_at(at) {}

    Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        return m_at.place->wire().udp(requests, linger, until);
    }
    Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                               std::chrono::milliseconds linger,
                                               const port::Until& until) override {
        return m_at.place->wire().echo(requests, linger, until);
    }
    Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        return m_at.place->wire().tcp(requests, linger, until);
    }
    Result<port::TlsOutcome> tls(const port::TlsRequest& request, const port::Until& until) override {
        return m_at.place->wire().tls(request, until);
    }

  private:
    Standpoint& m_at;
};

/// Below the sample name's domain, and unlike anything that a device in the clinic would ask for.
std::string fresh_name(const Wanted& wanted) {
    std::random_device random;
    const auto domain = wanted.domains.empty() ? wanted.sample_name : wanted.domains.front();
    return fmt::format("eligate-{:08x}.{}", random(), domain);
}

/// All that the rungs of this file share.
struct Lan {
    explicit Lan(const ScenePtr& scene)
        : appliance(scene)
        , terminal(std::make_shared<Scene>(asking_for_its_own(*scene), scene->expectation(),
                                           Ports{.links = scene->ports().links,
                                                 .clock = scene->ports().clock,
                                                 .names = scene->ports().names,
                                                 .wire = wire,
                                                 .places = scene->ports().places,
                                                 .watcher = scene->ports().watcher,
                                                 .list_sas = scene->ports().list_sas}))
        , asking(std::make_shared<Scene>(wanted_of(*scene, scene->expectation().forwarder),
                                         scene->expectation(), terminal->ports()))
        , beside(std::make_shared<Scene>(wanted_of(*scene, scene->expectation().forwarder),
                                         scene->expectation(), scene->ports())) {}

    /// By its name its question, and the answer, are known among those of real terminals.
    static Wanted asking_for_its_own(const Scene& scene) {
        auto wanted = scene.wanted();
        wanted.sample_name = fresh_name(wanted);
        return wanted;
    }

    /// With other DNS servers, if there are any.
    static Wanted wanted_of(const Scene& scene, const std::vector<net::Address>& servers) {
        auto wanted = scene.wanted();
        if (!servers.empty())
            wanted.dns_servers = servers;
        return wanted;
    }

    Standpoint at;
    StandpointWire wire{at};
    ScenePtr appliance;
    /// From the terminal's place: of the provider's DNS servers, and of the forwarder where there is one.
    ScenePtr terminal;
    ScenePtr asking;
    /// The forwarder, from the appliance itself.
    ScenePtr beside;
};
using LanPtr = std::shared_ptr<Lan>;

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

Finding judge(const port::Place& place, const Heard& heard, Way way, const std::string& targets) {
    base::Evidence evidence{
        {"from", place.address().text()}, {"by", place.gateway().text()}, {"asked", targets}};
    if (heard.anything)
        return pass(std::move(evidence));
    const std::vector<base::Argument> address{{"address", place.address().text()}};
    if (!way.into_tunnel)
        return failed(code::lan_not_forwarded,
                      msg(N_("a terminal's packets (from {address}) do not reach the tunnel"), address),
                      std::move(evidence));
    if (!way.back_out_of_it)
        return failed(
            code::lan_unanswered,
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

Finding ask_from_there(const Lan& lan, const port::Until& until) {
    const auto& scene = *lan.terminal;
    auto questions = watch_tunnel(scene, false);
    if (!questions)
        return failed(std::move(questions).error());
    auto answers = watch_tunnel(scene, true);
    if (!answers)
        return failed(std::move(answers).error());
    auto heard = provoke(scene, until, &lan.at.place->gateway());
    if (!heard)
        return failed(std::move(heard).error());
    const Way way{.into_tunnel = !(*questions)->seen().questions.empty(),
                  .back_out_of_it = !(*answers)->seen().questions.empty()};
    return judge(*lan.at.place, *heard, way, text_of(targets_of(scene.wanted())));
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

Finding forwarder(Lan& lan, const port::Until& until) {
    // Where there is no place, the appliance itself asks: the forwarder's own way is the same.
    const Scene& scene = lan.at.place ? *lan.asking : *lan.beside;
    const auto& wanted = scene.wanted();
    base::Evidence evidence;
    for (const auto transport : {Transport::udp, Transport::tcp}) {
        auto answers =
            ask(scene, wanted.sample_name, transport,
                until.at_most(transport == Transport::udp ? deadline::dns_try : deadline::forwarder_tcp));
        if (!answers)
            return failed(std::move(answers).error());
        note(evidence, transport == Transport::udp ? "dns udp" : "dns tcp", *answers);
        const auto* const best = best_of(*answers).reply;
        if (best == nullptr)
            return failed(code::forwarder_silent,
                          msg(N_("the forwarder on {address} does not answer"),
                              {{"address", text_of(wanted.dns_servers)}}),
                          std::move(evidence));
        if (best->rcode != Rcode::no_error && best->rcode != Rcode::no_such_name)
            return failed(code::forwarder_fails,
                          msg(N_("the forwarder on {address} does not get an answer for {name}"),
                              {{"address", text_of(wanted.dns_servers)}, {"name", wanted.sample_name}}),
                          std::move(evidence));
    }
    // leak.dns looks whether this one was asked of anybody on the line.
    lan.at.own_name = fresh_name(wanted);
    static_cast<void>(ask(scene, lan.at.own_name, Transport::udp, until.at_most(deadline::dns_try)));
    return pass(std::move(evidence));
}

Finding not_watched() {
    return unknown(msg(N_("the line could not be watched")));
}

Finding leak_destinations(Lan& lan) {
    if (!lan.at.watch)
        return not_watched();
    const auto leaks = lan.at.watch->seen();
    const auto& line = lan.appliance->expectation().wan_interface;
    if (leaks.packets == 0)
        return pass({{"interface", line}, {"packets", "0"}});
    return failed(
        code::leaked_packet,
        msg(N_("packets for the destinations left by {interface} in the clear: {count}"),
            {{"count", std::to_string(leaks.packets)}, {"interface", line}}),
        {{"interface", line}, {"packets", std::to_string(leaks.packets)}, {"first", leaks.first_packet}});
}

Finding judge_questions(const Lan& lan, std::vector<std::string> questions) {
    // strongSwan itself asks for these, and there is nobody else to ask before the tunnel stands.
    std::erase_if(questions, [&](const std::string& name) {
        return std::ranges::find(lan.appliance->wanted().gateways, name) !=
               lan.appliance->wanted().gateways.end();
    });
    const auto& line = lan.appliance->expectation().wan_interface;
    base::Evidence evidence{{"interface", line}};
    for (const auto& name : questions)
        evidence.emplace_back("name", name);
    if (questions.empty())
        return pass(std::move(evidence));
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
    auto finding = judge_questions(lan, lan.at.watch->seen().questions);
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

/// The same rung, from there.
Rung seen_from_there(const LanPtr& lan, Rung rung) {
    for (auto& need : rung.needs)
        need = need == "esp.both-ways" ? "lan.forwarding" : "lan." + need;
    if (!lan->appliance->expectation().forwarder.empty())
        rung.needs.emplace_back("dns.forwarder");
    rung.id = "lan." + rung.id;
    rung.title =
        msg(N_("From a terminal's place: {check}"), {{.name = "check", .value = std::move(rung.title)}});
    rung.run = [lan, run = std::move(rung.run)](const port::Until& until) {
        return lan->at.place
                   ? run(until)
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
