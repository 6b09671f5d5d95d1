// SPDX-License-Identifier: Apache-2.0
// The rungs that send something of our own through the tunnel: both ways, and at what size.
#include "verify/deadlines.hpp"
#include "verify/provoke.hpp"
#include "verify/rungs.hpp"

#include <algorithm>

namespace eligate::verify {
namespace {

using port::UdpStatus;
using std::chrono::milliseconds;

// IPv4 header and UDP header: the inside of the tunnel is IPv4.
constexpr unsigned udp_overhead = 28;

Finding judge_growth(const Growth& grown, const Heard& heard, const std::string& targets) {
    base::Evidence evidence{{"asked", targets},
                            {"packets out", std::to_string(grown.out)},
                            {"packets in", std::to_string(grown.in)}};
    if (!heard.reason.empty())
        evidence.emplace_back("reason", heard.reason);
    if (grown.out == 0 && !heard.anything)
        return failed(catalog::code::esp_nothing_sent,
                      base::msg(N_("packets for the tunnel do not reach IPsec")), std::move(evidence));
    if (grown.in == 0 && heard.anything)
        return failed(catalog::code::reply_outside_tunnel,
                      base::msg(N_("an answer from {targets} came, but not through the tunnel"),
                                {{"targets", targets}}),
                      std::move(evidence));
    if (grown.in == 0)
        return failed(catalog::code::esp_one_way,
                      base::msg(N_("packets go into the tunnel, but nothing comes back from {targets}"),
                                {{"targets", targets}}),
                      std::move(evidence));
    return pass(std::move(evidence));
}

Finding esp(Scene& scene, const port::Until& until) {
    std::string targets;
    for (const auto& target : targets_of(scene.wanted()))
        targets += (targets.empty() ? "" : ", ") + target.text();
    auto before = read_counters(scene);
    if (!before)
        return failed(std::move(before).error());
    auto heard = provoke(scene, until);
    if (!heard)
        return failed(std::move(heard).error());
    auto after = read_counters(scene);
    if (!after)
        return failed(std::move(after).error());
    auto grown = growth(*before, *after);
    // The SA's counters may lag behind the answer for a moment (charon asks the kernel); asking once more
    // moves them for certain.
    if (grown.in == 0 && heard->anything) {
        if (auto again = provoke(scene, until); !again)
            return failed(std::move(again).error());
        if (auto later = read_counters(scene))
            grown = growth(*before, *later);
    }
    auto finding = judge_growth(grown, *heard, targets);
    // charon believes in its SA until dead peer detection ends, half a minute later; the gateway's ports have
    // said already why nothing comes back.
    if (finding.code == catalog::code::esp_one_way && scene.unreached) {
        finding.code = scene.unreached->code;
        finding.what = scene.unreached->what;
        finding.evidence.insert(finding.evidence.end(), scene.unreached->evidence.begin(),
                                scene.unreached->evidence.end());
    }
    return finding;
}

/// Sizes tried when the full one does not pass: what PPPoE, IPv4 over IPv6, mobile lines and tunnels in
/// tunnels leave over.
constexpr std::array<unsigned, 8> smaller_sizes{576, 1000, 1200, 1280, 1320, 1360, 1380, 1400};

/// The largest of these packet sizes that something behind the tunnel answered; nothing if none was.
base::Result<std::optional<unsigned>> largest_answered(const Scene& scene, const std::vector<unsigned>& sizes,
                                                       milliseconds linger, const port::Until& until) {
    const auto& servers = scene.wanted().dns_servers;
    auto& wire = scene.ports().wire;
    const auto half =
        std::chrono::duration_cast<milliseconds>(until.deadline - std::chrono::steady_clock::now()) / 2;
    std::optional<unsigned> largest;
    std::vector<port::EchoRequest> echoes;
    for (const auto size : sizes)
        for (const auto& server : servers)
            echoes.push_back({.to = server, .packet_size = size});
    ELIGATE_TRY_ASSIGN(const auto replies, wire.echo(echoes, linger, until.at_most(half)));
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (replies[i].status == UdpStatus::answered)
            largest = std::max(largest.value_or(0), echoes[i].packet_size);
    if (largest)
        return largest;
    // Echo may be filtered; a DNS server answers a padded question of any size that reaches it.
    std::vector<port::UdpRequest> questions;
    for (const auto size : sizes)
        for (auto& request : dns_requests(scene, servers, size - udp_overhead))
            questions.push_back(std::move(request));
    ELIGATE_TRY_ASSIGN(const auto answers, wire.udp(questions, linger, until));
    for (std::size_t i = 0; i < answers.size(); ++i)
        if (answers[i].status == UdpStatus::answered)
            largest = std::max(largest.value_or(0),
                               static_cast<unsigned>(questions[i].payload.size()) + udp_overhead);
    return largest;
}

Finding mtu(const Scene& scene, const port::Until& until) {
    const auto& expectation = scene.expectation();
    auto link = scene.ports().links.link(expectation.tunnel_interface);
    if (!link)
        return failed(std::move(link).error());
    const unsigned full = *link ? (*link)->mtu : 0;
    base::Evidence evidence{{"interface", expectation.tunnel_interface}, {"mtu", std::to_string(full)}};
    if (scene.wanted().dns_servers.empty() || full < smaller_sizes.front())
        return unknown(base::msg(N_("there is nothing behind the tunnel to measure the packet size with")),
                       std::move(evidence));
    auto whole = largest_answered(scene, {full}, milliseconds(0), until.at_most(deadline::mtu / 2));
    if (!whole)
        return failed(std::move(whole).error());
    auto passes = *whole;
    if (!passes) {
        std::vector<unsigned> sizes;
        std::ranges::copy_if(smaller_sizes, std::back_inserter(sizes),
                             [full](unsigned size) { return size < full; });
        auto part = largest_answered(scene, sizes, milliseconds(300), until);
        if (!part)
            return failed(std::move(part).error());
        passes = *part;
    }
    if (!passes)
        return unknown(
            base::msg(N_("nothing behind the tunnel answers packets of any size, so it cannot be measured")),
            std::move(evidence));
    evidence.emplace_back("largest packet", std::to_string(*passes));
    // What lies between is lost without a word (a path that says so makes the kernel fragment, and passes),
    // so connections that fill their packets stall.
    if (*passes < full)
        return warn(
            catalog::code::path_mtu_small,
            base::msg(N_("packets above {size} bytes are lost on the way, but {interface} allows {mtu}"),
                      {{"size", std::to_string(*passes)},
                       {"interface", expectation.tunnel_interface},
                       {"mtu", std::to_string(full)}}),
            std::move(evidence));
    if (full < expectation.mtu_low || full > expectation.mtu_high)
        return warn(catalog::code::tunnel_mtu_odd,
                    base::msg(N_("{interface} has an MTU of {mtu}; {low} to {high} is usual"),
                              {{"interface", expectation.tunnel_interface},
                               {"mtu", std::to_string(full)},
                               {"low", std::to_string(expectation.mtu_low)},
                               {"high", std::to_string(expectation.mtu_high)}}),
                    std::move(evidence));
    return pass(std::move(evidence));
}

} // namespace

Rung esp_both_ways(const ScenePtr& scene) {
    std::vector<std::string> needs{"child.selectors", "route.destinations"};
    if (scene->wanted().address == profile::AddressMode::assigned)
        needs.emplace_back("address.assigned");
    return Rung{.id = "esp.both-ways",
                .title = base::msg(N_("Packets both ways through the tunnel")),
                .party = catalog::Party::provider,
                .needs = std::move(needs),
                .deadline = deadline::esp,
                .run = [scene](const port::Until& until) { return esp(*scene, until); }};
}

Rung mtu_path(const ScenePtr& scene) {
    return Rung{.id = "mtu.path",
                .title = base::msg(N_("Packet size through the tunnel")),
                .party = catalog::Party::line,
                .needs = {"esp.both-ways"},
                .deadline = deadline::mtu,
                .run = [scene](const port::Until& until) { return mtu(*scene, until); }};
}

} // namespace eligate::verify
