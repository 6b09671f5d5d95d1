// SPDX-License-Identifier: Apache-2.0
// gateway.reach: an IKE_SA_INIT to every gateway on both ports, that leaves nothing behind.
#include "ike/answer.hpp"
#include "ike/init_request.hpp"
#include "verify/deadlines.hpp"
#include "verify/rungs.hpp"

#include <algorithm>

namespace eligate::verify {
namespace {

using ike::AnswerKind;
using port::UdpStatus;

struct Probe {
    std::string gateway;
    net::Endpoint to;
    ike::InitRequest request;
    port::UdpOutcome outcome = {};
    std::optional<ike::Answer> answer = std::nullopt;
};

/// The two ports of one gateway.
struct Gateway {
    const Probe* on_500 = nullptr;
    const Probe* on_4500 = nullptr;

    bool both_answer() const { return on_500->answer && on_4500->answer; }
    bool any(AnswerKind kind) const {
        return (on_500->answer && on_500->answer->kind == kind) ||
               (on_4500->answer && on_4500->answer->kind == kind);
    }
    bool usable() const {
        return both_answer() && !any(AnswerKind::no_proposal) && !any(AnswerKind::other_version);
    }
};

std::string text_of(const ike::Answer& answer) {
    switch (answer.kind) {
    case AnswerKind::invalid_ke:
        return "INVALID_KE_PAYLOAD (group " + std::to_string(answer.group) + ")";
    case AnswerKind::no_proposal:
        return "NO_PROPOSAL_CHOSEN";
    case AnswerKind::cookie:
        return "COOKIE";
    case AnswerKind::other_notify:
        return "notify " + std::to_string(answer.notify);
    case AnswerKind::sa_init:
        return "IKE_SA_INIT";
    case AnswerKind::other_version:
        return "not IKEv2";
    }
    return "";
}

std::string text_of(const Probe& probe) {
    if (probe.answer)
        return text_of(*probe.answer) + ", " + verify::text_of(probe.outcome.millis);
    switch (probe.outcome.status) {
    case UdpStatus::rejected:
        return probe.outcome.reason +
               (probe.outcome.rejected_by ? " (ICMP from " + probe.outcome.rejected_by->text() + ")" : "");
    case UdpStatus::unsendable:
    case UdpStatus::too_big:
        return probe.outcome.reason;
    case UdpStatus::answered:
    case UdpStatus::no_answer:
        break;
    }
    return "no answer";
}

/// One address each: the one charon would take, too.
std::vector<Probe> probes_for(const Scene& scene) {
    std::vector<Probe> probes;
    for (const auto& gateway : scene.resolved_gateways)
        if (gateway.answer == port::NameAnswer::found && !gateway.addresses.empty())
            for (const auto port : {ike::ike_port, ike::nat_port})
                probes.push_back({.gateway = gateway.host,
                                  .to = {.address = gateway.addresses.front(), .port = port},
                                  .request = ike::fresh_request(scene.wanted().ike_proposals)});
    return probes;
}

base::Result<> send(const Scene& scene, std::vector<Probe>& probes, const port::Until& until) {
    std::vector<port::UdpRequest> requests;
    for (const auto& probe : probes) {
        auto message = ike::encode(probe.request, scene.wanted().ike_proposals, probe.to.port);
        requests.push_back({.to = probe.to,
                            .payload = std::move(message).value_or(std::vector<std::uint8_t>{}),
                            .send_at = {deadline::reach_schedule.begin(), deadline::reach_schedule.end()},
                            .accept = [spi = probe.request.spi, port = probe.to.port](auto bytes) {
                                return ike::read_answer(bytes, spi, port).has_value();
                            }});
    }
    ELIGATE_TRY_ASSIGN(auto outcomes, scene.ports().wire.udp(requests, deadline::reach_linger, until));
    for (std::size_t i = 0; i < probes.size() && i < outcomes.size(); ++i) {
        probes[i].outcome = std::move(outcomes[i]);
        probes[i].answer =
            ike::read_answer(probes[i].outcome.payload, probes[i].request.spi, probes[i].to.port);
    }
    return {};
}

Finding refused(const Probe& probe, base::Evidence evidence) {
    const bool by_gateway = !probe.outcome.rejected_by || probe.outcome.rejected_by == probe.to.address;
    if (by_gateway)
        return failed(catalog::code::gateway_refuses,
                      base::msg(N_("{gateway} refuses UDP {port}: no VPN gateway is running there"),
                                {{"gateway", probe.gateway}, {"port", std::to_string(probe.to.port)}}),
                      std::move(evidence));
    return failed(catalog::code::path_refuses,
                  base::msg(N_("{router} on the way refuses UDP {port} to {gateway}"),
                            {{"router", probe.outcome.rejected_by->text()},
                             {"port", std::to_string(probe.to.port)},
                             {"gateway", probe.gateway}}),
                  std::move(evidence));
}

Finding silent(const Probe& probe, base::Evidence evidence) {
    const auto code =
        probe.to.port == ike::ike_port ? catalog::code::udp500_blocked : catalog::code::udp4500_blocked;
    return failed(code,
                  base::msg(N_("no answer from {gateway} on UDP {port}"),
                            {{"gateway", probe.gateway}, {"port", std::to_string(probe.to.port)}}),
                  std::move(evidence));
}

/// Why this gateway cannot be used, the most telling reason first.
Finding judge_unusable(const Gateway& gateway, base::Evidence evidence) {
    const std::vector<base::Argument> name{{"gateway", gateway.on_500->gateway}};
    if (gateway.any(AnswerKind::no_proposal))
        return failed(catalog::code::gateway_no_proposal,
                      base::msg(N_("{gateway} accepts none of the profile's IKE proposals"), name),
                      std::move(evidence));
    if (gateway.any(AnswerKind::other_version))
        return failed(catalog::code::gateway_not_ikev2, base::msg(N_("{gateway} does not speak IKEv2"), name),
                      std::move(evidence));
    for (const auto* probe : {gateway.on_500, gateway.on_4500})
        if (!probe->answer && probe->outcome.status == UdpStatus::rejected)
            return refused(*probe, std::move(evidence));
    for (const auto* probe : {gateway.on_500, gateway.on_4500})
        if (!probe->answer &&
            (probe->outcome.status == UdpStatus::unsendable || probe->outcome.status == UdpStatus::too_big))
            return failed(catalog::code::no_way_to_gateway,
                          base::msg(N_("this appliance has no way to {gateway}: {reason}"),
                                    {{"gateway", probe->gateway}, {"reason", probe->outcome.reason}}),
                          std::move(evidence));
    return silent(gateway.on_500->answer ? *gateway.on_4500 : *gateway.on_500, std::move(evidence));
}

/// A gateway that answers on one port says more than one that is dead.
int telling(const Gateway& gateway) {
    return static_cast<int>(gateway.on_500->answer.has_value()) +
           static_cast<int>(gateway.on_4500->answer.has_value());
}

Finding judge(const std::vector<Probe>& probes, bool tunnel_stands) {
    base::Evidence evidence;
    std::vector<Gateway> gateways;
    for (std::size_t i = 0; i + 1 < probes.size(); i += 2)
        gateways.push_back({.on_500 = &probes[i], .on_4500 = &probes[i + 1]});
    for (const auto& probe : probes)
        evidence.emplace_back(probe.gateway + " " + probe.to.text(), text_of(probe));
    const auto unusable = std::ranges::find_if_not(gateways, &Gateway::usable);
    if (unusable == gateways.end())
        return pass(std::move(evidence));
    const bool one_works = std::ranges::any_of(gateways, &Gateway::usable);
    if (one_works) {
        auto finding = judge_unusable(*unusable, std::move(evidence));
        return warn(catalog::code::gateway_one_unusable, std::move(finding.what),
                    std::move(finding.evidence));
    }
    const auto best = std::ranges::max_element(gateways, {}, telling);
    auto finding = judge_unusable(*best, std::move(evidence));
    if (tunnel_stands)
        return warn(catalog::code::gateway_ignores_probe, std::move(finding.what),
                    std::move(finding.evidence));
    return finding;
}

Finding reach(Scene& scene, const port::Until& until) {
    auto probes = probes_for(scene);
    // gateway.resolve only warned, since the tunnel stands without the name.
    if (probes.empty())
        return unknown(base::msg(N_("no gateway address is known to ask")));
    if (auto sent = send(scene, probes, until); !sent)
        return failed(std::move(sent).error());
    auto finding = judge(probes, false);
    if (finding.status != Status::fail || !scene.tunnel_stands())
        return finding;
    scene.unreached = std::move(finding);
    return judge(probes, true);
}

} // namespace

Rung gateway_reach(const ScenePtr& scene) {
    return Rung{.id = "gateway.reach",
                .title = base::msg(N_("Gateways answer on UDP 500 and 4500")),
                .party = catalog::Party::line,
                .needs = {"gateway.resolve"},
                .deadline = deadline::reach,
                .run = [scene](const port::Until& until) { return reach(*scene, until); }};
}

} // namespace eligate::verify
