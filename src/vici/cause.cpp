// SPDX-License-Identifier: Apache-2.0
#include "vici/cause.hpp"

#include "catalog/catalog.hpp"
#include "net/address.hpp"
#include "vici/pattern.hpp"

#include <algorithm>
#include <array>

namespace eligate::vici {
namespace {

namespace code = catalog::code;

struct Row {
    const char* pattern;
    base::Code code;
    int rank;
};

// Format strings of strongSwan 5.9.8 (the group of files is named beside them), '%' for what they fill in.
// Ranks: 90 our own side knows · 80 what proves the gateway wrong · 70 what the gateway says · 50 what it
// says without a reason · 40 silence.
constexpr auto table = std::to_array<Row>({
    // host_resolver.c, ike_sa.c
    {"resolving '%' failed: %", code::gateway_unresolved, 91},
    {"unable to resolve %, initiate aborted", code::gateway_unresolved, 90},
    {"unable to resolve %, retrying in %", code::gateway_unresolved, 90},
    // ike_init.c, child_create.c, keymat_v2.c, eap_mschapv2.c, eap_authenticator.c
    {"configured DH group % not supported", code::algorithm_missing, 95},
    {"requested DH group % not supported", code::algorithm_missing, 92},
    {"EAP-MS-CHAPv2 failed, % not supported", code::algorithm_missing, 95},
    {"EAP-MS-CHAPv2 failed, no MD4 hasher available", code::algorithm_missing, 95},
    {"EAP method not supported, sending EAP_NAK", code::algorithm_missing, 92},
    {"EAP_IDENTITY not supported, sending EAP_NAK", code::algorithm_missing, 92},
    {"% not supported!", code::algorithm_missing, 85},
    // psk_authenticator.c, pubkey_authenticator.c, eap_mschapv2.c
    {"no shared key found for '%", code::no_own_key, 90},
    {"no private key found for '%", code::no_own_key, 90},
    {"no EAP key found for hosts '%", code::no_own_key, 90},
    // credential_manager.c, revocation_validator.c: what was wrong with the gateway's certificate
    {"% certificate invalid (valid from %", code::gateway_certificate_dates, 86},
    {"certificate was revoked on %", code::gateway_certificate_revoked, 86},
    {"no issuer certificate found for \"%", code::gateway_untrusted, 80},
    {"  self-signed certificate \"%\" is not trusted", code::gateway_untrusted, 80},
    {"constraint check failed: peer not authenticated %", code::gateway_untrusted, 84},
    {"rejecting certificate without digitalSignature %", code::gateway_untrusted, 80},
    // auth_cfg.c, pubkey_authenticator.c, ike_auth.c, psk_authenticator.c
    {"constraint check failed: %identity '%", code::gateway_identity, 85},
    {"constraint check failed: %", code::gateway_untrusted, 82},
    {"no trusted % public key found for '%", code::gateway_identity, 60},
    {"IDr payload missing", code::gateway_identity, 60},
    {"tried % shared key% for '%, but MAC mismatched", code::gateway_key, 85},
    // ike_auth.c, ike_init.c, eap_authenticator.c: what the gateway says
    {"received NO_PROPOSAL_CHOSEN notify error", code::ike_no_proposal, 70},
    {"peers proposal selection invalid", code::ike_no_proposal, 70},
    {"peer DH group selection invalid", code::ike_no_proposal, 70},
    {"EAP-MS-CHAPv2 failed with error %", code::eap_refused, 75},
    {"EAP-MS-CHAPv2 verification failed%", code::eap_refused, 75},
    {"requesting % authentication, sending EAP_NAK", code::eap_method_refused, 72},
    {"received EAP_FAILURE, EAP authentication failed", code::eap_refused, 70},
    {"received AUTHENTICATION_FAILED notify error", code::auth_refused, 50},
    // child_create.c
    {"received TS_UNACCEPTABLE notify%", code::ts_refused, 75},
    {"received SINGLE_PAIR_REQUIRED notify%", code::ts_refused, 75},
    {"received INVALID_SELECTORS notify%", code::ts_refused, 75},
    {"no acceptable traffic selectors found", code::ts_refused, 76},
    {"received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built", code::esp_no_proposal, 75},
    {"requested DH group % not contained in any of our proposals", code::esp_no_proposal, 75},
    {"no acceptable proposal found", code::esp_no_proposal, 76},
    {"received INTERNAL_ADDRESS_FAILURE notify%", code::no_virtual_ip, 78},
    {"received FAILED_CP_REQUIRED notify%", code::no_virtual_ip, 78},
    {"received TEMPORARY_FAILURE notify%", code::gateway_busy, 70},
    {"received NO_ADDITIONAL_SAS notify%", code::gateway_busy, 70},
    // child_create.c, kernel_netlink_ipsec.c, ike_sa.c
    {"algorithm % not supported by kernel!", code::kernel_refused, 88},
    {"unable to install %IPsec SA (SAD) in kernel", code::kernel_refused, 72},
    {"unable to install IPsec policies (SPD) in kernel", code::kernel_refused, 72},
    {"unable to allocate SPIs from kernel", code::kernel_refused, 72},
    {"installing virtual IP % failed", code::virtual_ip_not_installed, 79},
    {"looking up interface for virtual IP % failed", code::virtual_ip_not_installed, 79},
    // socket_manager.c, socket_default_socket.c
    {"unable to bind socket: %", code::ike_port_in_use, 60},
    {"no socket implementation registered, sending failed", code::ike_port_in_use, 60},
    {"no socket found to send IPv% packet from port %", code::ike_port_in_use, 60},
    {"error writing to socket: Operation not permitted", code::own_firewall, 46},
    {"error writing to socket: %", code::network_unreachable, 45},
    // task_manager_v2.c: ID 0 is IKE_SA_INIT on port 500; ID 1, the first IKE_AUTH, is the first on 4500.
    {"retransmit % of request with message ID 1", code::gateway_silent_4500, 41},
    {"retransmit % of request with message ID 0", code::gateway_silent, 40},
    {"establishing IKE_SA failed, peer not responding", code::gateway_silent, 35},
});

constexpr std::size_t shown_without_cause = 5;

bool any_like(std::span<const LogLine> lines, std::string_view pattern) {
    return std::ranges::any_of(lines, [&](const LogLine& line) { return matches(pattern, line.text); });
}

/// AUTHENTICATION_FAILED has no reason in it (RFC 7296 section 2.21.2), but what we had done until then says
/// which of our credentials was judged.
base::Code refined(base::Code found, std::span<const LogLine> lines) {
    // A cookie (RFC 7296 section 2.6) and then nothing: strongSwan's own way to slow down a hasty peer.
    if (found == code::gateway_silent && any_like(lines, "parsed IKE_SA_INIT response 0 [ N(COOKIE) ]"))
        return code::gateway_busy;
    if (found != code::auth_refused)
        return found;
    if (any_like(lines, "server requested EAP%"))
        return code::eap_refused;
    if (any_like(lines, "authentication of '%' (myself) with pre-shared key"))
        return code::auth_refused_psk;
    if (any_like(lines, "authentication of '%' (myself) with % successful"))
        return code::auth_refused_certificate;
    return found;
}

} // namespace

std::optional<Cause> cause_of(std::span<const LogLine> lines) {
    std::optional<Cause> best;
    for (const auto& line : lines) {
        for (const auto& row : table) {
            if ((best && row.rank <= best->rank) || !matches(row.pattern, line.text))
                continue;
            best = Cause{.code = row.code, .rank = row.rank, .line = line.text};
        }
    }
    if (best)
        best->code = refined(best->code, lines);
    return best;
}

base::Error error_of(std::span<const LogLine> lines, const ipsec::Connection& connection) {
    const auto cause = cause_of(lines);
    // charon says nothing while it asks a DNS server that does not answer, and sends nothing either.
    const bool resolving =
        !net::Address::parse(connection.gateway) && !any_like(lines, "initiating IKE_SA %");
    const base::Code otherwise = resolving ? code::gateway_unresolved : code::tunnel_no_cause;
    const base::Code found = cause ? cause->code : otherwise;
    base::Error error{.code = found,
                      .what = base::msg(catalog::row_of(found).summary),
                      .evidence = {{"gateway", connection.gateway},
                                   {"identity", connection.local.id.text()},
                                   {"gateway_identity", connection.remote.id.text()}}};
    if (cause) {
        error.evidence.emplace_back("log", cause->line);
        return error;
    }
    std::string tail;
    for (const auto& line : lines.last(std::min(lines.size(), shown_without_cause)))
        tail += (tail.empty() ? "" : " | ") + line.text;
    if (!tail.empty())
        error.evidence.emplace_back("log", std::move(tail));
    return error;
}

} // namespace eligate::vici
