// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "support/catch.hpp"
#include "support/source_dir.hpp"
#include "vici/cause.hpp"
#include "vici_values.hpp"

#include <filesystem>
#include <fstream>
#include <map>

using namespace eligate;
using namespace eligate::vici;
namespace code = catalog::code;

namespace {

const std::filesystem::path attempts = std::filesystem::path(ELIGATE_SOURCE_DIR) / "tests/unit/vici/attempts";

/// What charon 5.9.8 logged in real attempts, one line each: group, text.
std::vector<LogLine> recorded(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<LogLine> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back({.group = line.substr(0, 3),
                         .level = 1,
                         .ike = "eligate-1",
                         .ike_id = 1,
                         .text = line.substr(4)});
    return lines;
}

std::vector<LogLine> lines(std::initializer_list<const char*> texts) {
    std::vector<LogLine> lines;
    for (const char* text : texts)
        lines.push_back({.group = "IKE", .level = 1, .ike = "eligate-1", .ike_id = 1, .text = text});
    return lines;
}

const std::map<std::string, base::Code> causes{
    {"address-expected", code::no_virtual_ip},
    {"certificate-no-own-key", code::no_own_key},
    {"certificate-refused", code::auth_refused_certificate},
    {"eap-no-own-key", code::no_own_key},
    {"eap-password", code::eap_refused},
    {"eap-user-unknown", code::eap_refused},
    {"esp-proposal", code::esp_no_proposal},
    {"gateway-expired", code::gateway_certificate_dates},
    {"gateway-identity", code::gateway_identity},
    {"gateway-identity-unknown-there", code::auth_refused},
    {"gateway-self-signed", code::gateway_untrusted},
    {"gateway-throttles", code::gateway_busy},
    {"gateway-untrusted", code::gateway_untrusted},
    {"identity-unknown", code::auth_refused_psk},
    {"ike-proposal", code::ike_no_proposal},
    {"name-unresolved", code::gateway_unresolved},
    {"network-unreachable", code::network_unreachable},
    {"no-own-key", code::no_own_key},
    {"no-virtual-ip", code::no_virtual_ip},
    {"own-firewall", code::own_firewall},
    {"psk-wrong", code::auth_refused_psk},
    {"selectors-refused", code::ts_refused},
    {"silent-4500", code::gateway_silent_4500},
    {"silent-500", code::gateway_silent},
};

} // namespace

TEST_CASE("cause: each recorded failure has its cause") {
    std::size_t seen = 0;
    for (const auto& file : std::filesystem::directory_iterator(attempts)) {
        const auto name = file.path().stem().string();
        if (name == "up" || name == "eap-up")
            continue;
        CAPTURE(name);
        const auto found = cause_of(recorded(file.path()));
        REQUIRE(found);
        REQUIRE(causes.contains(name));
        CHECK(std::string(found->code.id) == std::string(causes.at(name).id));
        CHECK_FALSE(found->line.empty());
        ++seen;
    }
    CHECK(seen == causes.size());
}

TEST_CASE("cause: a success explains nothing") {
    for (const char* name : {"up.log", "eap-up.log"}) {
        const auto log = recorded(attempts / name);
        REQUIRE_FALSE(log.empty());
        CHECK_FALSE(cause_of(log));
    }
}

TEST_CASE("cause: lines we have no recording of") {
    const std::map<const char*, base::Code> texts{
        {"configured DH group ECP_256 not supported", code::algorithm_missing},
        {"EAP method not supported, sending EAP_NAK", code::algorithm_missing},
        {"EAP-MS-CHAPv2 failed, no MD4 hasher available", code::algorithm_missing},
        {"requesting EAP_MSCHAPV2 authentication, sending EAP_NAK", code::eap_method_refused},
        {"tried 1 shared key for 'a' - 'b', but MAC mismatched", code::gateway_key},
        {"certificate was revoked on Jan 01 00:00:00 UTC 2026, reason: key compromise",
         code::gateway_certificate_revoked},
        {"constraint check failed: identity 'gw.example.net' required ", code::gateway_identity},
        {"constraint check failed: peer not authenticated by CA 'C=JP'", code::gateway_untrusted},
        {"received FAILED_CP_REQUIRED notify, no CHILD_SA built", code::no_virtual_ip},
        {"received TEMPORARY_FAILURE notify, will retry later", code::gateway_busy},
        {"unable to install inbound and outbound IPsec SA (SAD) in kernel", code::kernel_refused},
        {"unable to install IPsec policies (SPD) in kernel", code::kernel_refused},
        {"algorithm AES_GCM_16 not supported by kernel!", code::kernel_refused},
        {"installing virtual IP 10.200.0.10 failed", code::virtual_ip_not_installed},
        {"unable to bind socket: Address already in use", code::ike_port_in_use},
        {"unable to resolve vpn.example.net, retrying in 60s", code::gateway_unresolved},
    };
    for (const auto& [text, expected] : texts) {
        CAPTURE(text);
        const auto found = cause_of(lines({text}));
        REQUIRE(found);
        CHECK(std::string(found->code.id) == std::string(expected.id));
        CHECK(found->line == text);
    }
}

TEST_CASE("cause: the specific line wins over the general one, in either order") {
    const char* specific = "subject certificate invalid (valid from Jan 01 to Jan 02)";
    const char* general = "no trusted RSA public key found for 'gw.example.net'";
    CHECK(cause_of(lines({specific, general}))->code == code::gateway_certificate_dates);
    CHECK(cause_of(lines({general, specific}))->code == code::gateway_certificate_dates);
}

TEST_CASE("cause: a lost packet on the way does not hide what came after it") {
    CHECK(cause_of(lines({"retransmit 1 of request with message ID 0",
                          "received NO_PROPOSAL_CHOSEN notify error"}))
              ->code == code::ike_no_proposal);
}

TEST_CASE("cause: what the gateway refused depends on what was offered") {
    const char* refused = "received AUTHENTICATION_FAILED notify error";
    CHECK(cause_of(lines({refused}))->code == code::auth_refused);
    CHECK(cause_of(lines({"authentication of 'a' (myself) with pre-shared key", refused}))->code ==
          code::auth_refused_psk);
    CHECK(cause_of(lines({"authentication of 'a' (myself) with RSA_EMSA_PKCS1_SHA2_256 successful", refused}))
              ->code == code::auth_refused_certificate);
    CHECK(cause_of(lines({"server requested EAP_IDENTITY (id 0x00), sending 'u'", refused}))->code ==
          code::eap_refused);
}

TEST_CASE("cause: as an error it names gateway, identities and charon's own words") {
    const auto connection = test::psk_connection();
    const auto error = error_of(lines({"received NO_PROPOSAL_CHOSEN notify error"}), connection);
    CHECK(error.code == code::ike_no_proposal);
    CHECK(error.evidence == base::Evidence{{"gateway", "vpn1.example.net"},
                                           {"identity", connection.local.id.text()},
                                           {"gateway_identity", connection.remote.id.text()},
                                           {"log", "received NO_PROPOSAL_CHOSEN notify error"}});
}

TEST_CASE("cause: without one the last lines are the evidence") {
    const auto error =
        error_of(lines({"initiating IKE_SA eligate-1[1] to 192.0.2.1", "2", "3", "4", "5", "6"}),
                 test::psk_connection());
    CHECK(error.code == code::tunnel_no_cause);
    CHECK(error.evidence.back().second == "2 | 3 | 4 | 5 | 6");
}

TEST_CASE("cause: silence before anything was sent is the resolver's, if there is a name to resolve") {
    auto connection = test::psk_connection();
    CHECK(error_of({}, connection).code == code::gateway_unresolved);
    connection.gateway = "192.0.2.1";
    CHECK(error_of({}, connection).code == code::tunnel_no_cause);
}
