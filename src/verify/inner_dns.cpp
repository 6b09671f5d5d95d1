// SPDX-License-Identifier: Apache-2.0
#include "verify/inner_dns.hpp"

#include "verify/deadlines.hpp"

#include <algorithm>
#include <random>

namespace eligate::verify {
namespace {

constexpr std::uint16_t dns_port = 53;

DnsQuestion fresh_question(const std::string& name) {
    std::random_device random;
    return DnsQuestion{.id = static_cast<std::uint16_t>(random()), .name = name};
}

base::Result<std::vector<ServerAnswer>> ask_udp(const Scene& scene, const DnsQuestion& question,
                                                const std::vector<std::uint8_t>& message,
                                                const port::Until& until) {
    std::vector<port::UdpRequest> requests;
    requests.reserve(scene.wanted().dns_servers.size());
    for (const auto& server : scene.wanted().dns_servers)
        requests.push_back({.to = {.address = server, .port = dns_port},
                            .payload = message,
                            .send_at = {deadline::inner_schedule.begin(), deadline::inner_schedule.end()},
                            .accept = [question](std::span<const std::uint8_t> bytes) {
                                return read_reply(bytes, question).has_value();
                            }});
    ELIGATE_TRY_ASSIGN(const auto outcomes, scene.ports().wire.udp(requests, deadline::inner_linger, until));
    std::vector<ServerAnswer> answers;
    answers.reserve(outcomes.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        answers.push_back({.server = requests[i].to.address,
                           .reply = read_reply(outcomes[i].payload, question),
                           .refused = outcomes[i].status == port::UdpStatus::rejected,
                           .millis = outcomes[i].millis});
    return answers;
}

base::Result<std::vector<ServerAnswer>> ask_tcp(const Scene& scene, const DnsQuestion& question,
                                                const std::vector<std::uint8_t>& message,
                                                const port::Until& until) {
    std::vector<port::TcpRequest> requests;
    requests.reserve(scene.wanted().dns_servers.size());
    for (const auto& server : scene.wanted().dns_servers)
        requests.push_back({.to = {.address = server, .port = dns_port},
                            .payload = framed(message),
                            .complete = frame_complete});
    ELIGATE_TRY_ASSIGN(const auto outcomes, scene.ports().wire.tcp(requests, deadline::inner_linger, until));
    std::vector<ServerAnswer> answers;
    answers.reserve(outcomes.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        answers.push_back({.server = requests[i].to.address,
                           .reply = read_reply(unframed(outcomes[i].payload), question),
                           .refused = outcomes[i].status == port::TcpStatus::refused,
                           .millis = outcomes[i].millis});
    return answers;
}

std::string text_of(Rcode rcode) {
    switch (rcode) {
    case Rcode::no_error:
        return "NOERROR";
    case Rcode::format_error:
        return "FORMERR";
    case Rcode::server_failure:
        return "SERVFAIL";
    case Rcode::no_such_name:
        return "NXDOMAIN";
    case Rcode::refused:
        return "REFUSED";
    }
    return "RCODE " + std::to_string(static_cast<unsigned>(rcode));
}

} // namespace

base::Result<std::vector<ServerAnswer>> ask(const Scene& scene, const std::string& name, Transport transport,
                                            const port::Until& until) {
    auto question = fresh_question(name);
    if (transport == Transport::small_udp)
        question.payload_size = classic_size;
    const auto message = encode(question);
    // Names come checked from the network file; one that does not fit into DNS has no answer.
    if (!message)
        return std::vector<ServerAnswer>{};
    return transport == Transport::tcp ? ask_tcp(scene, question, *message, until)
                                       : ask_udp(scene, question, *message, until);
}

std::string text_of(const ServerAnswer& answer) {
    if (!answer.reply)
        return answer.refused ? "refused" : "no answer";
    std::string text = text_of(answer.reply->rcode) + ", " + std::to_string(answer.reply->size) + " bytes";
    if (answer.reply->truncated)
        text += ", truncated";
    text += ", " + std::to_string(answer.reply->addresses.size()) + " addresses, " + text_of(answer.millis);
    return text;
}

void note(base::Evidence& evidence, const char* how, const std::vector<ServerAnswer>& answers) {
    for (const auto& answer : answers)
        evidence.emplace_back(how + (" " + answer.server.text()), text_of(answer));
}

Best best_of(const std::vector<ServerAnswer>& answers) {
    Best best;
    for (const auto& answer : answers) {
        if (!answer.reply)
            continue;
        if (best.reply == nullptr || (best.reply->addresses.empty() && !answer.reply->addresses.empty()))
            best = {.server = answer.server, .reply = &*answer.reply};
    }
    return best;
}

Finding without_address(const std::string& name, const std::vector<ServerAnswer>& answers,
                        base::Evidence evidence) {
    const auto best = best_of(answers);
    if (best.reply == nullptr) {
        const bool refused = std::ranges::any_of(answers, &ServerAnswer::refused);
        if (refused)
            return failed(
                catalog::code::dns_refused,
                base::msg(N_("nothing listens for DNS at the provider's servers (asked for {name})"),
                          {{"name", name}}),
                std::move(evidence));
        return failed(
            catalog::code::dns_silent,
            base::msg(N_("the provider's DNS servers do not answer (asked for {name})"), {{"name", name}}),
            std::move(evidence));
    }
    const auto rcode = best.reply->rcode;
    if (rcode == Rcode::no_such_name || rcode == Rcode::no_error)
        return failed(catalog::code::dns_name_unknown,
                      base::msg(N_("{server} does not know {name} ({answer})"),
                                {{"server", best.server.text()}, {"name", name}, {"answer", text_of(rcode)}}),
                      std::move(evidence));
    return failed(catalog::code::dns_failure,
                  base::msg(N_("{server} could not answer for {name} ({answer})"),
                            {{"server", best.server.text()}, {"name", name}, {"answer", text_of(rcode)}}),
                  std::move(evidence));
}

std::variant<std::vector<net::Address>, Finding> inner_addresses(const Scene& scene, const std::string& host,
                                                                 const port::Until& until) {
    if (const auto literal = net::Address::parse(host))
        return std::vector{*literal};
    base::Evidence evidence;
    // A large answer may come over TCP only.
    for (const auto transport : {Transport::udp, Transport::tcp}) {
        auto answers = ask(scene, host, transport, until.at_most(deadline::dns_try));
        if (!answers)
            return failed(std::move(answers).error());
        note(evidence, transport == Transport::udp ? "dns udp" : "dns tcp", *answers);
        const auto* const best = best_of(*answers).reply;
        const bool cut = best != nullptr && best->truncated;
        if (best != nullptr && !best->addresses.empty() && !cut)
            return best->addresses;
        if (!cut && (best != nullptr || transport == Transport::tcp))
            return without_address(host, *answers, std::move(evidence));
    }
    return failed(catalog::code::dns_failure,
                  base::msg(N_("the answer for {name} comes cut off, over TCP too"), {{"name", host}}),
                  std::move(evidence));
}

} // namespace eligate::verify
