// SPDX-License-Identifier: Apache-2.0
// tls.<host>: the server is reached, speaks TLS, and asks for the terminal's certificate.
#include "verify/deadlines.hpp"
#include "verify/inner_dns.hpp"
#include "verify/rungs.hpp"

#include <array>
#include <ctime>

namespace eligate::verify {
namespace {

using port::TlsStatus;

/// More addresses than this are not tried; the deadline would be over anyway.
constexpr std::size_t most_addresses = 3;

std::string date_text(std::chrono::system_clock::time_point time) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    std::array<char, 32> text{};
    if (::gmtime_r(&seconds, &parts) == nullptr)
        return "";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

base::Evidence evidence_of(const net::Endpoint& to, const port::TlsOutcome& outcome) {
    base::Evidence evidence{{"server", to.text()}};
    const auto add = [&evidence](const char* name, const std::string& value) {
        if (!value.empty())
            evidence.emplace_back(name, value);
    };
    add("protocol", outcome.protocol);
    add("certificate", outcome.subject);
    add("issued by", outcome.issuer);
    add("valid until", outcome.not_after ? date_text(*outcome.not_after) : "");
    if (!outcome.protocol.empty())
        add("client certificate", outcome.client_certificate_requested ? "requested" : "not requested");
    add("reason", outcome.reason);
    return evidence;
}

Finding not_reached(const profile::TlsCheck& check, const port::TlsOutcome& outcome,
                    base::Evidence evidence) {
    const std::vector<base::Argument> where{{"host", check.host}, {"port", std::to_string(check.port)}};
    switch (outcome.status) {
    case TlsStatus::established:
    case TlsStatus::aborted:
        return failed(catalog::code::tls_failed,
                      base::msg(N_("{host} ended the TLS handshake on TCP {port}: {reason}"),
                                {where[0], where[1], {"reason", outcome.reason}}),
                      std::move(evidence));
    case TlsStatus::not_tls:
        return failed(catalog::code::tls_failed,
                      base::msg(N_("{host} does not speak TLS on TCP {port}"), where), std::move(evidence));
    case TlsStatus::stalled:
        return failed(
            catalog::code::tls_stalled,
            base::msg(N_("{host} accepts the connection on TCP {port}, but the TLS handshake stalls"), where),
            std::move(evidence));
    case TlsStatus::refused:
        return failed(catalog::code::service_refused,
                      base::msg(N_("{host} refuses connections to TCP {port}"), where), std::move(evidence));
    case TlsStatus::no_answer:
    case TlsStatus::unsendable:
        break;
    }
    return failed(catalog::code::service_silent, base::msg(N_("{host} does not answer on TCP {port}"), where),
                  std::move(evidence));
}

Finding judge(const profile::TlsCheck& check, const net::Endpoint& to, const port::TlsOutcome& outcome,
              std::chrono::system_clock::time_point now) {
    auto evidence = evidence_of(to, outcome);
    // A server that ends the handshake because it was given no certificate has asked for one, and the
    // terminal has it.
    const bool reached_tls = outcome.status == TlsStatus::established ||
                             (outcome.status == TlsStatus::aborted && outcome.client_certificate_requested);
    if (!reached_tls)
        return not_reached(check, outcome, std::move(evidence));
    const auto wanted = check.client_certificate_requested;
    const std::vector<base::Argument> host{{"host", check.host}};
    if (wanted && *wanted && !outcome.client_certificate_requested)
        return failed(catalog::code::client_certificate_unasked,
                      base::msg(N_("{host} does not ask for the terminal's certificate"), host),
                      std::move(evidence));
    if (wanted && !*wanted && outcome.client_certificate_requested)
        return failed(catalog::code::client_certificate_unasked,
                      base::msg(N_("{host} asks for a client certificate, which is not expected"), host),
                      std::move(evidence));
    if (outcome.not_after && *outcome.not_after < now)
        return warn(catalog::code::server_certificate_expired,
                    base::msg(N_("the certificate of {host} ended on {date}"),
                              {{"host", check.host}, {"date", date_text(*outcome.not_after)}}),
                    std::move(evidence));
    return pass(std::move(evidence));
}

bool reached(const port::TlsOutcome& outcome) {
    return outcome.status != TlsStatus::refused && outcome.status != TlsStatus::no_answer &&
           outcome.status != TlsStatus::unsendable;
}

Finding tls(const Scene& scene, const profile::TlsCheck& check, const port::Until& until) {
    auto found = inner_addresses(scene, check.host, until);
    if (auto* const finding = std::get_if<Finding>(&found))
        return std::move(*finding);
    const auto& addresses = std::get<std::vector<net::Address>>(found);
    const auto count = std::min(addresses.size(), most_addresses);
    net::Endpoint to;
    port::TlsOutcome outcome;
    for (std::size_t i = 0; i < count && !until.cancelled(); ++i) {
        // What is left of the time, shared among the addresses that are left.
        const auto left = until.deadline - std::chrono::steady_clock::now();
        const auto share =
            std::chrono::duration_cast<std::chrono::milliseconds>(left) / static_cast<long>(count - i);
        to = {.address = addresses[i], .port = check.port};
        auto result = scene.ports().wire.tls({.to = to, .server_name = check.host}, until.at_most(share));
        if (!result)
            return failed(std::move(result).error());
        outcome = std::move(*result);
        if (reached(outcome))
            break;
    }
    return judge(check, to, outcome, scene.ports().clock.now());
}

} // namespace

Rung tls_rung(const ScenePtr& scene, const profile::TlsCheck& check) {
    return Rung{.id = "tls." + check.host,
                .title = base::msg(N_("TLS: {host}"), {{"host", check.host}}),
                .party = catalog::Party::centre,
                .needs = {"esp.both-ways"},
                .deadline = deadline::tls,
                .run = [scene, check](const port::Until& until) { return tls(*scene, check, until); }};
}

} // namespace eligate::verify
