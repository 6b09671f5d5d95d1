// SPDX-License-Identifier: Apache-2.0
#include "profile/load.hpp"
#include "support/catch.hpp"
#include "support/inputs.hpp"
#include "support/plain_text.hpp"
#include "support/source_dir.hpp"

#include <string>

using namespace eligate;
using namespace eligate::profile;

namespace {

test::FakeDisk good() {
    return test::good_disk(ELIGATE_SOURCE_DIR);
}

Settled settled(test::FakeDisk& disk) {
    auto loaded = test::load(disk);
    INFO(test::plain_text(loaded.diagnostics));
    REQUIRE(loaded.settled);
    return std::move(*loaded.settled);
}

} // namespace

TEST_CASE("settled: a PSK site becomes what the rest of the house works with") {
    auto disk = good();
    const auto site = settled(disk);
    CHECK(site.profile_id == "example-psk");
    CHECK(site.revision == 1);
    CHECK(site.provider_name.ja == "例示ネット(事前共有鍵)");
    CHECK(site.support.phone == "000-000-0000");
    CHECK(site.network_id == "onshikaku");
    CHECK(site.network_name.en == "Online eligibility verification network");
    CHECK(site.domains ==
          std::vector<std::string>{"onshikaku.org", "oqs-pdl.org", "obn.managedpki.ne.jp", "rece"});
    CHECK(site.gateways == std::vector<std::string>{"vpn1.example.net", "vpn2.example.net"});
    CHECK(site.local.id.text() == "fqdn:AB12345678.example.net");
    CHECK(site.remote.id.text() == "fqdn:gw.example.net");
    CHECK(std::get<PskCredential>(site.credential).psk ==
          base::Secret(std::string_view("CANARY-psk-7f3a9c")));
    CHECK(site.gateway_authorities.empty());
    CHECK(net::text_of(site.remote_ts) == "10.0.0.0/8");
    CHECK(net::text_of(site.destinations) == "10.20.0.0/16");
    CHECK(site.local_ts.empty());
    CHECK(site.dns_servers.front().text() == "10.20.0.53");
    CHECK(site.ike_proposals.size() == 2);
    CHECK(site.clinic == "山田医院");
    CHECK(site.line == "catv");
    CHECK(site.wan_interface == "eth0");
    CHECK(site.lan_interfaces == std::vector<std::string>{"eth1"});
    CHECK(net::text_of(site.terminals) == "192.168.1.50/32");
    CHECK(site.dataplane == Dataplane::automatic);
}

TEST_CASE("settled: only the services that the site uses, with their checks") {
    auto disk = good();
    const auto site = settled(disk);
    REQUIRE(site.services.size() == 1);
    CHECK(site.services[0].id == "eligibility");
    REQUIRE(site.services[0].checks.size() == 5);
    const auto& dns = std::get<DnsCheck>(site.services[0].checks[0]);
    CHECK(dns.name == "pweb.base.oqs-pdl.org");
    CHECK(dns.large_reply);
    const auto& tls = std::get<TlsCheck>(site.services[0].checks[2]);
    CHECK(tls.host == "hweb.oqs.onshikaku.org");
    CHECK(tls.port == 443);
    CHECK(tls.client_certificate_requested == true);
    CHECK(std::get<ProxyCheck>(site.services[0].checks[4]).port == 8080);
}

TEST_CASE("settled: ports are those of all services in use, if each of them lists its own") {
    auto disk = good();
    auto& network = disk.files["networks/onshikaku.toml"];
    CHECK(settled(disk).ports.empty());
    test::edit(network, "id   = \"eligibility\"\n",
               "id   = \"eligibility\"\nports = [\"udp/123\", \"tcp/8080\", \"tcp/443\"]\n");
    CHECK(settled(disk).ports == std::vector<Port>{{.transport = Transport::tcp, .number = 443},
                                                   {.transport = Transport::tcp, .number = 8080},
                                                   {.transport = Transport::udp, .number = 123}});
    test::edit(disk.files["site.toml"], "billing     = false", "billing     = true");
    CHECK(settled(disk).ports.empty());
    test::edit(network, "id     = \"billing\"\n",
               "id   = \"billing\"\nports = [\"tcp/443\", \"tcp/9443\"]\n");
    CHECK(settled(disk).ports.size() == 4);
}

TEST_CASE("settled: terminals may be a range, or the whole LAN") {
    auto disk = good();
    auto& site = disk.files["site.toml"];
    test::edit(site, "[\"192.168.1.50\"]", "[\"192.168.1.50-192.168.1.53\"]");
    CHECK(net::text_of(settled(disk).terminals) == "192.168.1.50/31, 192.168.1.52/31");
    test::edit(site, "terminals = [\"192.168.1.50-192.168.1.53\"]",
               "prefix = [\"192.168.1.0/24\", \"192.168.7.0/24\"]\nterminals = \"lan\"");
    CHECK(net::text_of(settled(disk).terminals) == "192.168.1.0/24, 192.168.7.0/24");
    CHECK(settled(disk).terminals == settled(disk).lan_prefixes);
}

TEST_CASE("settled: an EAP site has its user name, password and the gateway's CA") {
    auto disk = good();
    test::edit(disk.files["site.toml"], "example-psk", "example-eap");
    test::edit(disk.files["site.toml"], "connection_id =", "ca_certificate = \"ca.pem\"\nconnection_id =");
    disk.files["secrets.toml"] = "schema = 1\n[secrets]\neap_password = \"CANARY-eap-51be2d\"\n";
    const auto site = settled(disk);
    CHECK(site.local.method == ipsec::AuthMethod::eap_mschapv2);
    CHECK(site.local.id.text() == "email:AB12345678@example.net");
    CHECK(site.local.eap_id == "AB12345678@example.net");
    CHECK(site.remote.method == ipsec::AuthMethod::pubkey);
    CHECK(site.gateway_authorities.size() == 1);
    CHECK(std::get<EapCredential>(site.credential).password ==
          base::Secret(std::string_view("CANARY-eap-51be2d")));
}

TEST_CASE("settled: a certificate site has its chain and key, from either form of papers") {
    auto disk = good();
    test::edit(disk.files["site.toml"], "example-psk", "example-certificate");
    test::edit(disk.files["site.toml"], "connection_id =", "ca_certificate = \"ca.pem\"\n@\nconnection_id =");
    auto other = disk;
    test::edit(disk.files["site.toml"], "@", "certificate = \"client.pem\"\nprivate_key = \"client.key\"");
    disk.files.erase("secrets.toml");
    test::edit(other.files["site.toml"], "@", "pkcs12 = \"/etc/eligate/client.p12\"");
    other.files["secrets.toml"] = "schema = 1\n[secrets]\npkcs12_password = \"CANARY-p12-c04e88\"\n";
    const auto pem = std::get<CertificateCredential>(settled(disk).credential);
    const auto pkcs12 = std::get<CertificateCredential>(settled(other).credential);
    CHECK(pem.chain.size() == 1);
    CHECK(pem.chain == pkcs12.chain);
    CHECK(pem.private_key == pkcs12.private_key);
}

TEST_CASE("settled: a routed site offers its LAN, or its terminals") {
    auto disk = good();
    test::edit(disk.files["providers/example-psk.toml"], "\"assigned\"", "\"routed\"");
    CHECK(net::text_of(settled(disk).local_ts) == "192.168.1.50/32");
    test::edit(disk.files["site.toml"], "terminals", "prefix = \"192.168.1.0/24\"\nterminals");
    const auto site = settled(disk);
    CHECK(site.address == AddressMode::routed);
    CHECK(net::text_of(site.local_ts) == "192.168.1.0/24");
}

TEST_CASE("settled: a wide remote_ts with narrow destinations is fine") {
    auto disk = good();
    test::edit(disk.files["providers/example-psk.toml"], "10.0.0.0/8", "0.0.0.0/0");
    CHECK(net::text_of(settled(disk).remote_ts) == "0.0.0.0/0");
}

TEST_CASE("settled: a gateway may stand on the papers") {
    auto disk = good();
    test::edit(disk.files["providers/example-psk.toml"], R"("vpn1.example.net", "vpn2.example.net")",
               "\"{connection_id}.vpn.example.net\"");
    CHECK(settled(disk).gateways == std::vector<std::string>{"AB12345678.vpn.example.net"});
}

TEST_CASE("settled: a site may leave out what has a default") {
    auto disk = good();
    disk.files["site.toml"] = "schema = 1\nprofile = \"example-psk\"\ndataplane = \"userspace\"\n"
                              "[intake]\nconnection_id = \"AB12345678\"\n[services]\neligibility = true\n";
    const auto site = settled(disk);
    CHECK(site.wan_interface.empty());
    CHECK(site.lan_interfaces.empty());
    CHECK(site.terminals.empty());
    CHECK(site.dataplane == Dataplane::userspace);
}

TEST_CASE("settled: no secret is in any diagnostic, wherever it was typed") {
    const std::string canary = "CANARY-psk-7f3a9c";
    const auto place =
        GENERATE_COPY(as<std::string>{}, "\"example-psk\"", "\"山田医院\"", "\"catv\"", "\"eth0\"",
                      "\"eth1\"", "\"192.168.1.50\"", "\"AB12345678\"", "eligibility");
    auto disk = good();
    test::edit(disk.files["site.toml"], place, "\"" + canary + "\"");
    const auto loaded = test::load(disk);
    const auto text = test::plain_text(loaded.diagnostics);
    CAPTURE(place, text);
    CHECK_FALSE(loaded.settled);
    CHECK(text.find(canary) == std::string::npos);
    CHECK(text.find("7f3a9c") == std::string::npos);
}
