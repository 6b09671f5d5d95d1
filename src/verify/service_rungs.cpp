// SPDX-License-Identifier: Apache-2.0
// The rungs for what the network file says to test behind the tunnel: DNS, NTP, proxy, TCP.
#include "verify/deadlines.hpp"
#include "verify/inner_dns.hpp"
#include "verify/ntp_message.hpp"
#include "verify/rungs.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <random>

namespace eligate::verify {
namespace {

using std::chrono::milliseconds;

/// Kerberos, and so most logins, break at five minutes.
constexpr auto worst_offset = std::chrono::minutes(5);

/// Tried one after the other they would cost a deadline each; side by side they cost a packet each.
constexpr std::size_t most_addresses = 4;

bool has_addresses(const std::vector<ServerAnswer>& answers) {
    const auto* const best = best_of(answers).reply;
    return best != nullptr && !best->addresses.empty() && !best->truncated;
}

/// Servers that gave less than the best one did.
std::string lagging(const std::vector<ServerAnswer>& answers) {
    std::string names;
    for (const auto& answer : answers)
        if (!answer.reply || (answer.reply->addresses.empty() && !answer.reply->truncated))
            names += (names.empty() ? "" : ", ") + answer.server.text();
    return names;
}

Finding judge_large(const std::string& name, const std::vector<ServerAnswer>& over_udp,
                    const std::vector<ServerAnswer>& over_tcp, base::Evidence evidence) {
    if (!has_addresses(over_udp))
        return warn(catalog::code::dns_large_udp,
                    base::msg(N_("the large answer for {name} comes over TCP only, not over UDP with EDNS"),
                              {{"name", name}}),
                    std::move(evidence));
    const auto* const large = best_of(over_tcp).reply;
    if (large == nullptr || !has_addresses(over_tcp))
        return warn(catalog::code::dns_large_tcp,
                    base::msg(N_("the answer for {name} comes over UDP only; DNS over TCP does not work"),
                              {{"name", name}}),
                    std::move(evidence));
    if (large->size <= classic_size)
        return warn(
            catalog::code::dns_not_large,
            base::msg(N_("the answer for {name} is small ({size} bytes), so large ones remain untested"),
                      {{"name", name}, {"size", std::to_string(large->size)}}),
            std::move(evidence));
    return pass(std::move(evidence));
}

Finding judge_dns(const profile::DnsCheck& check, const std::vector<ServerAnswer>& over_udp,
                  const std::vector<ServerAnswer>& over_tcp, base::Evidence evidence) {
    if (!has_addresses(over_udp) && !has_addresses(over_tcp))
        return without_address(check.name, best_of(over_udp).reply != nullptr ? over_udp : over_tcp,
                               std::move(evidence));
    if (check.large_reply)
        if (auto finding = judge_large(check.name, over_udp, over_tcp, evidence);
            finding.status != Status::pass)
            return finding;
    if (const auto names = lagging(over_udp); !names.empty() && has_addresses(over_udp))
        return warn(catalog::code::dns_server_lags,
                    base::msg(N_("{servers} gave no address for {name}; another server did"),
                              {{"servers", names}, {"name", check.name}}),
                    std::move(evidence));
    return pass(std::move(evidence));
}

bool refuses(const std::vector<ServerAnswer>& answers) {
    return std::ranges::any_of(answers, &ServerAnswer::refused);
}

/// A server that answers what is small, but nothing that is large, is not dead: the way loses large packets.
Finding judge_silence(const Scene& scene, const std::string& name, base::Evidence evidence,
                      const port::Until& until) {
    auto small = ask(scene, name, Transport::small_udp, until);
    if (!small)
        return failed(std::move(small).error());
    note(evidence, "udp up to 512 bytes", *small);
    const auto best = best_of(*small);
    if (best.reply == nullptr)
        return without_address(name, *small, std::move(evidence));
    return failed(catalog::code::dns_large_lost,
                  base::msg(N_("{server} answers, but the whole answer for {name} is lost on the way"),
                            {{"server", best.server.text()}, {"name", name}}),
                  std::move(evidence));
}

Finding dns(const Scene& scene, const profile::DnsCheck& check, const port::Until& until) {
    auto over_udp = ask(scene, check.name, Transport::udp, until.at_most(deadline::dns_try));
    if (!over_udp)
        return failed(std::move(over_udp).error());
    base::Evidence evidence;
    note(evidence, "udp", *over_udp);
    std::vector<ServerAnswer> over_tcp;
    const auto* const best = best_of(*over_udp).reply;
    // A clear "no such name" needs no second opinion over TCP.
    if (best == nullptr || best->truncated || (check.large_reply && !best->addresses.empty())) {
        auto answers = ask(scene, check.name, Transport::tcp, until.at_most(deadline::dns_try));
        if (!answers)
            return failed(std::move(answers).error());
        over_tcp = std::move(*answers);
        note(evidence, "tcp", over_tcp);
    }
    if (best == nullptr && best_of(over_tcp).reply == nullptr && !refuses(*over_udp))
        return judge_silence(scene, check.name, std::move(evidence), until);
    return judge_dns(check, *over_udp, over_tcp, std::move(evidence));
}

Finding judge_ntp(const std::string& host, const std::optional<NtpReply>& reply, milliseconds offset,
                  base::Evidence evidence) {
    if (!reply)
        return warn(catalog::code::ntp_silent,
                    base::msg(N_("no answer from the time server {host}"), {{"host", host}}),
                    std::move(evidence));
    evidence.emplace_back("stratum", std::to_string(reply->stratum));
    if (!reply->synchronised)
        return warn(catalog::code::ntp_unsynchronised,
                    base::msg(N_("the time server {host} does not know the time itself"), {{"host", host}}),
                    std::move(evidence));
    evidence.emplace_back("offset", text_of(offset));
    if (std::chrono::abs(offset) > worst_offset)
        return warn(catalog::code::clock_offset,
                    base::msg(N_("this appliance's clock is {seconds} seconds away from {host}"),
                              {{"seconds", std::to_string(std::abs(offset.count()) / 1000)}, {"host", host}}),
                    std::move(evidence));
    return pass(std::move(evidence));
}

Finding ntp(const Scene& scene, const std::string& host, const port::Until& until) {
    auto addresses = inner_addresses(scene, host, until);
    if (auto* const finding = std::get_if<Finding>(&addresses))
        return std::move(*finding);
    std::random_device random;
    const std::uint64_t token = (std::uint64_t{random()} << 32U) | random();
    std::vector<port::UdpRequest> requests;
    for (const auto& address : std::get<std::vector<net::Address>>(addresses)) {
        if (requests.size() == most_addresses)
            break;
        requests.push_back({.to = {.address = address, .port = 123},
                            .payload = encode_ntp(token),
                            .send_at = {deadline::inner_schedule.begin(), deadline::inner_schedule.end()},
                            .accept = [token](auto bytes) { return read_ntp(bytes, token).has_value(); }});
    }
    const auto departed = scene.ports().clock.now();
    auto outcomes = scene.ports().wire.udp(requests, milliseconds(0), until);
    const auto arrived = scene.ports().clock.now();
    if (!outcomes)
        return failed(std::move(outcomes).error());
    base::Evidence evidence;
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
        const auto reply = read_ntp((*outcomes)[i].payload, token);
        if (!reply)
            continue;
        evidence.emplace_back("server", requests[i].to.address.text());
        return judge_ntp(host, reply, offset_of(*reply, departed, arrived), std::move(evidence));
    }
    evidence.emplace_back("server", requests.empty() ? "" : requests.front().to.address.text());
    return judge_ntp(host, std::nullopt, {}, std::move(evidence));
}

/// The status of an HTTP answer; nothing if the bytes are not one.
std::optional<unsigned> http_status(std::span<const std::uint8_t> bytes) {
    // "HTTP/1.1 200"
    const std::string text(
        bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), 12)));
    unsigned status = 0;
    if (text.size() < 12 || !text.starts_with("HTTP/1.") || text[8] != ' ')
        return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + 9, text.data() + 12, status);
    const bool whole = error == std::errc{} && end == text.data() + 12;
    return whole && status >= 100 ? std::optional(status) : std::nullopt;
}

/// Connects to a host's addresses side by side, with or without something to say; the first that works.
base::Result<std::pair<net::Endpoint, port::TcpOutcome>> talk(const Scene& scene,
                                                              const std::vector<net::Address>& addresses,
                                                              const port::TcpRequest& like,
                                                              const port::Until& until) {
    std::vector<port::TcpRequest> requests;
    for (const auto& address : addresses) {
        if (requests.size() == most_addresses)
            break;
        requests.push_back(like);
        requests.back().to.address = address;
    }
    ELIGATE_TRY_ASSIGN(auto outcomes, scene.ports().wire.tcp(requests, milliseconds(0), until));
    const auto rank = [](const port::TcpOutcome& outcome) {
        switch (outcome.status) {
        case port::TcpStatus::answered:
        case port::TcpStatus::connected:
            return 0;
        case port::TcpStatus::silent:
            return 1;
        case port::TcpStatus::refused:
            return 2;
        case port::TcpStatus::no_answer:
        case port::TcpStatus::unsendable:
            break;
        }
        return 3;
    };
    const auto best = std::ranges::min_element(outcomes, {}, rank);
    if (best == outcomes.end())
        return std::pair{net::Endpoint{}, port::TcpOutcome{}};
    return std::pair{requests[static_cast<std::size_t>(best - outcomes.begin())].to, std::move(*best)};
}

Finding unconnected(const std::string& host, std::uint16_t port, const port::TcpOutcome& outcome,
                    base::Evidence evidence) {
    const std::vector<base::Argument> where{{"host", host}, {"port", std::to_string(port)}};
    if (outcome.status == port::TcpStatus::refused)
        return failed(catalog::code::service_refused,
                      base::msg(N_("{host} refuses connections to TCP {port}"), where), std::move(evidence));
    return failed(catalog::code::service_silent, base::msg(N_("{host} does not answer on TCP {port}"), where),
                  std::move(evidence));
}

Finding tcp(const Scene& scene, const profile::TcpCheck& check, const port::Until& until) {
    auto addresses = inner_addresses(scene, check.host, until);
    if (auto* const finding = std::get_if<Finding>(&addresses))
        return std::move(*finding);
    auto spoken = talk(scene, std::get<std::vector<net::Address>>(addresses),
                       {.to = {.address = {}, .port = check.port}}, until);
    if (!spoken)
        return failed(std::move(spoken).error());
    const auto& [to, outcome] = *spoken;
    base::Evidence evidence{{"server", to.text()}};
    if (outcome.status != port::TcpStatus::connected)
        return unconnected(check.host, check.port, outcome, std::move(evidence));
    return pass(std::move(evidence));
}

Finding proxy(const Scene& scene, const profile::ProxyCheck& check, const std::string& example,
              const port::Until& until) {
    auto addresses = inner_addresses(scene, check.host, until);
    if (auto* const finding = std::get_if<Finding>(&addresses))
        return std::move(*finding);
    // Whether the proxy lets us through to the example or refuses it: it lives, which is the question.
    const std::string request =
        example.empty() ? "GET http://" + check.host + "/ HTTP/1.1\r\nHost: " + check.host + "\r\n\r\n"
                        : "CONNECT " + example + " HTTP/1.1\r\nHost: " + example + "\r\n\r\n";
    auto spoken = talk(scene, std::get<std::vector<net::Address>>(addresses),
                       {.to = {.address = {}, .port = check.port},
                        .payload = {request.begin(), request.end()},
                        .complete = [](auto bytes) { return bytes.size() >= 12; },
                        .limit = 4096},
                       until);
    if (!spoken)
        return failed(std::move(spoken).error());
    const auto& [to, outcome] = *spoken;
    base::Evidence evidence{{"server", to.text()}};
    if (outcome.status != port::TcpStatus::answered && outcome.status != port::TcpStatus::silent)
        return unconnected(check.host, check.port, outcome, std::move(evidence));
    const auto status = http_status(outcome.payload);
    if (!status)
        return failed(
            catalog::code::proxy_not_http,
            base::msg(N_("{host} accepts connections on TCP {port}, but does not answer as an HTTP proxy"),
                      {{"host", check.host}, {"port", std::to_string(check.port)}}),
            std::move(evidence));
    evidence.emplace_back("asked", example.empty() ? "GET" : "CONNECT " + example);
    evidence.emplace_back("http status", std::to_string(*status));
    return pass(std::move(evidence));
}

} // namespace

Rung dns_rung(const ScenePtr& scene, const profile::DnsCheck& check) {
    return Rung{.id = "dns." + check.name,
                .title = base::msg(N_("DNS: {name}"), {{"name", check.name}}),
                .party = catalog::Party::centre,
                .needs = {"esp.both-ways"},
                .deadline = deadline::dns,
                .run = [scene, check](const port::Until& until) { return dns(*scene, check, until); }};
}

Rung ntp_rung(const ScenePtr& scene, const profile::NtpCheck& check) {
    return Rung{.id = "ntp." + check.host,
                .title = base::msg(N_("Time server: {host}"), {{"host", check.host}}),
                .party = catalog::Party::centre,
                .needs = {"esp.both-ways"},
                .deadline = deadline::ntp,
                .run = [scene, check](const port::Until& until) { return ntp(*scene, check.host, until); }};
}

Rung proxy_rung(const ScenePtr& scene, const profile::ProxyCheck& check, const std::string& example) {
    return Rung{.id = "proxy." + check.host,
                .title = base::msg(N_("Proxy: {host}"), {{"host", check.host}}),
                .party = catalog::Party::centre,
                .needs = {"esp.both-ways"},
                .deadline = deadline::proxy,
                .run = [scene, check, example](const port::Until& until) {
                    return proxy(*scene, check, example, until);
                }};
}

Rung tcp_rung(const ScenePtr& scene, const profile::TcpCheck& check) {
    return Rung{.id = "tcp." + check.host,
                .title = base::msg(N_("TCP {port}: {host}"),
                                   {{"port", std::to_string(check.port)}, {"host", check.host}}),
                .party = catalog::Party::centre,
                .needs = {"esp.both-ways"},
                .deadline = deadline::tcp,
                .run = [scene, check](const port::Until& until) { return tcp(*scene, check, until); }};
}

} // namespace eligate::verify
