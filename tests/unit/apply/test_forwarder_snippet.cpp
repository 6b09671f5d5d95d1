// SPDX-License-Identifier: Apache-2.0
#include "apply/forwarder_snippet.hpp"

#include "catalog/catalog.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace eligate;
using namespace eligate::apply;

namespace {

profile::Settled site() {
    profile::Settled settled;
    settled.domains = {"onshikaku.org"};
    settled.dns_servers = {*net::Address::parse("10.20.0.53"), *net::Address::parse("10.20.0.54")};
    settled.destinations = {*net::Prefix::parse("10.20.0.0/16")};
    return settled;
}

bool has(const Snippet& snippet, const char* line) {
    return std::ranges::find(snippet.lines, line) != snippet.lines.end();
}

} // namespace

TEST_CASE("snippet: each program in its own words") {
    const auto dnsmasq = snippet_for("/usr/sbin/dnsmasq", site());
    CHECK(dnsmasq.file == "/etc/dnsmasq.d/eligate.conf");
    CHECK(dnsmasq.lines == std::vector<std::string>{"server=/onshikaku.org/10.20.0.53",
                                                    "server=/onshikaku.org/10.20.0.54",
                                                    "server=/20.10.in-addr.arpa/10.20.0.53",
                                                    "server=/20.10.in-addr.arpa/10.20.0.54"});
    const auto unbound = snippet_for("/usr/sbin/unbound", site());
    CHECK(has(unbound, "  domain-insecure: \"onshikaku.org\""));
    CHECK(has(unbound, "  local-zone: \"20.10.in-addr.arpa\" transparent"));
    CHECK(has(unbound, "  forward-addr: 10.20.0.54"));
    CHECK(snippet_for("/usr/lib/systemd/systemd-resolved", site()).lines ==
          std::vector<std::string>{"[Resolve]", "DNSStubListenerExtra="});
    CHECK(snippet_for("/usr/sbin/named", site()).lines.empty());
}

TEST_CASE("snippet: whoever it is, the error says what to add where") {
    const auto error =
        taken_by({.address = std::nullopt, .pid = 42, .program = "/usr/sbin/dnsmasq"}, site()).error();
    CHECK(error.code == catalog::code::dns_port_in_use);
    CHECK(std::ranges::find(error.evidence, std::pair<std::string, std::string>{"pid", "42"}) !=
          error.evidence.end());
    CHECK(std::ranges::count(error.evidence, "setting", &std::pair<std::string, std::string>::first) == 4);
}
