// SPDX-License-Identifier: Apache-2.0
#include "verify/provoke.hpp"

#include "verify/deadlines.hpp"
#include "verify/dns_message.hpp"

#include <algorithm>
#include <random>

namespace eligate::verify {
namespace {

using port::UdpStatus;
using std::chrono::milliseconds;

constexpr std::uint16_t dns_port = 53;

std::vector<std::uint8_t> question(const Scene& scene, std::size_t padded_size) {
    std::random_device random;
    return encode({.id = static_cast<std::uint16_t>(random()),
                   .name = scene.wanted().sample_name,
                   .padded_size = padded_size})
        .value_or(std::vector<std::uint8_t>{});
}

bool came_back(const port::UdpOutcome& outcome, std::span<const net::Address> nearby) {
    return outcome.status == UdpStatus::answered ||
           (outcome.status == UdpStatus::rejected && outcome.rejected_by.has_value() &&
            std::ranges::find(nearby, *outcome.rejected_by) == nearby.end());
}

} // namespace

base::Result<Counters> read_counters(Scene& scene) {
    ELIGATE_TRY_ASSIGN(const auto sas, scene.our_sas());
    Counters counters;
    for (const auto& child : working_children(sas, scene.expectation().child_name))
        counters[child.uniqueid] = {child.in.packets, child.out.packets};
    return counters;
}

Growth growth(const Counters& before, const Counters& after) {
    Growth sum;
    for (const auto& [id, now] : after) {
        const auto old = before.find(id);
        const auto was = old == before.end() ? std::pair<std::uint64_t, std::uint64_t>{} : old->second;
        sum.in += now.first - std::min(now.first, was.first);
        sum.out += now.second - std::min(now.second, was.second);
    }
    return sum;
}

std::vector<port::UdpRequest> dns_requests(const Scene& scene, const std::vector<net::Address>& targets,
                                           std::size_t padded_size) {
    std::vector<port::UdpRequest> requests;
    requests.reserve(targets.size());
    for (const auto& target : targets)
        requests.push_back({.to = {.address = target, .port = dns_port},
                            .payload = question(scene, padded_size),
                            .send_at = {deadline::inner_schedule.begin(), deadline::inner_schedule.end()},
                            .dont_fragment = padded_size != 0});
    return requests;
}

std::vector<net::Address> targets_of(const Wanted& wanted) {
    if (!wanted.dns_servers.empty())
        return wanted.dns_servers;
    std::vector<net::Address> targets;
    for (const auto& destination : wanted.destinations) {
        auto bytes = std::vector<std::uint8_t>(destination.address().bytes().begin(),
                                               destination.address().bytes().end());
        if (destination.length() < destination.address().bits())
            bytes.back() |= 1U;
        targets.push_back(net::Address::from_bytes(bytes).value_or(destination.address()));
    }
    return targets;
}

base::Result<Heard> provoke(const Scene& scene, const port::Until& until,
                            std::span<const net::Address> nearby) {
    Heard heard;
    const auto targets = targets_of(scene.wanted());
    auto& wire = scene.ports().wire;
    ELIGATE_TRY_ASSIGN(const auto datagrams, wire.udp(dns_requests(scene, targets), milliseconds(0),
                                                      until.at_most(milliseconds(1500))));
    for (const auto& outcome : datagrams) {
        heard.anything |= came_back(outcome, nearby);
        if (outcome.status == UdpStatus::unsendable)
            heard.reason = outcome.reason;
    }
    if (heard.anything)
        return heard;
    std::vector<port::EchoRequest> echoes;
    std::vector<port::TcpRequest> connects;
    for (const auto& target : targets) {
        echoes.push_back({.to = target});
        connects.push_back({.to = {.address = target, .port = dns_port}});
    }
    ELIGATE_TRY_ASSIGN(const auto replies,
                       wire.echo(echoes, milliseconds(0), until.at_most(milliseconds(800))));
    heard.anything = std::ranges::any_of(
        replies, [nearby](const port::UdpOutcome& outcome) { return came_back(outcome, nearby); });
    if (heard.anything)
        return heard;
    ELIGATE_TRY_ASSIGN(const auto streams,
                       wire.tcp(connects, milliseconds(0), until.at_most(milliseconds(1500))));
    // Who refuses is not told: another firewall's ICMP reads as the server's own reset.
    heard.anything = std::ranges::any_of(streams, [nearby](const port::TcpOutcome& outcome) {
        return outcome.status == port::TcpStatus::connected ||
               (outcome.status == port::TcpStatus::refused && nearby.empty());
    });
    return heard;
}

} // namespace eligate::verify
