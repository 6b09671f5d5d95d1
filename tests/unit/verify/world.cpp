// SPDX-License-Identifier: Apache-2.0
#include "unit/verify/world.hpp"

#include "support/catch.hpp"
#include "unit/verify/dns_server.hpp"
#include "unit/verify/ntp_server.hpp"
#include "verify/dns_message.hpp"

#include <algorithm>

namespace eligate::test {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

bool inside(const net::Address& to) {
    return prefix("10.0.0.0/8").contains(to);
}

std::string name_in(std::span<const std::uint8_t> question) {
    std::string name;
    for (std::size_t at = 12; at < question.size() && question[at] != 0; at += 1U + question[at]) {
        const auto label = question.subspan(at + 1, question[at]);
        name += (name.empty() ? "" : ".") + std::string(label.begin(), label.end());
    }
    return name;
}

Bytes dns_answer(const Zone& zone, std::span<const std::uint8_t> question, bool over_tcp) {
    const auto found = zone.find(name_in(question));
    if (found == zone.end())
        return dns_reply(question, {.rcode = 3});
    const bool fits = over_tcp || found->second < 250;
    return dns_reply(question, {.truncated = !fits, .addresses = fits ? found->second : 0});
}

profile::Settled healthy_site() {
    profile::Settled settled;
    settled.gateways = {"vpn1.example.net", "vpn2.example.net"};
    settled.ike_proposals = {
        *ipsec::Proposal::parse("aes256gcm16-prfsha384-ecp384", ipsec::Protocol::ike).proposal};
    settled.remote_ts = {prefix("10.0.0.0/8")};
    settled.destinations = {prefix("10.20.0.0/16")};
    settled.dns_servers = {address("10.20.0.53")};
    settled.domains = {"onshikaku.org"};
    settled.services = {{.id = "eligibility",
                         .name = {.ja = "資格確認", .en = "Eligibility"},
                         .checks = {profile::DnsCheck{.name = "pweb.base.oqs-pdl.org", .large_reply = true},
                                    profile::NtpCheck{.host = "ntp.base.oqs-pdl.org"},
                                    profile::ProxyCheck{.host = "proxy.base.oqs-pdl.org", .port = 8080},
                                    profile::TcpCheck{.host = "hweb.oqs.onshikaku.org", .port = 80},
                                    profile::TlsCheck{.host = "hweb.oqs.onshikaku.org",
                                                      .port = 443,
                                                      .client_certificate_requested = true}}}};
    return settled;
}

vici::IkeSa healthy_sa() {
    vici::ChildSa child;
    child.name = "net";
    child.uniqueid = 1;
    child.state = "INSTALLED";
    child.remote_ts = {"10.0.0.0/8"};
    child.local_ts = {"10.200.1.1/32"};
    vici::IkeSa sa;
    sa.name = "eligate-1";
    sa.state = "ESTABLISHED";
    sa.remote_host = "203.0.113.11";
    sa.remote_port = 4500;
    sa.local_vips = {"10.200.1.1"};
    sa.established = 12s;
    sa.children = {child};
    return sa;
}

} // namespace

net::Address address(std::string_view text) {
    return net::Address::parse(text).value();
}

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

base::Result<std::optional<port::Link>> FakeLinks::link(std::string_view name) {
    on_look();
    const auto found = links.find(name);
    return found == links.end() ? std::nullopt : std::optional(found->second);
}

base::Result<port::RouteAnswer> FakeLinks::route_to(const net::Address& destination) {
    for (const auto& [where, answer] : routes)
        if (where.contains(destination))
            return answer;
    return port::RouteAnswer{};
}

base::Result<std::vector<port::Resolution>> FakeNames::resolve(std::span<const std::string> hosts,
                                                               const port::Until& /*until*/) {
    std::vector<port::Resolution> out;
    for (const auto& host : hosts) {
        const auto found = known.find(host);
        out.push_back(found == known.end() ? port::Resolution{.answer = port::NameAnswer::no_such_name}
                                           : found->second);
        out.back().host = host;
    }
    return out;
}

namespace {

/// What is sent then is not waited for.
bool is_over(const port::Until& until) {
    return std::chrono::steady_clock::now() >= until.deadline;
}

} // namespace

base::Result<std::vector<port::UdpOutcome>> FakeWire::udp(std::span<const port::UdpRequest> requests,
                                                          std::chrono::milliseconds /*linger*/,
                                                          const port::Until& until) {
    std::vector<port::UdpOutcome> outcomes;
    for (const auto& request : requests) {
        outcomes.push_back(is_over(until) ? silence() : on_udp(request));
        auto& outcome = outcomes.back();
        // The real wire ignores what the request does not accept.
        if (outcome.status == port::UdpStatus::answered && request.accept && !request.accept(outcome.payload))
            outcome = silence();
        packets_out += inside(request.to.address) && counts_out ? 1 : 0;
        const bool back = outcome.status == port::UdpStatus::answered || outcome.rejected_by.has_value();
        packets_in += inside(request.to.address) && counts_in && back ? 1 : 0;
    }
    return outcomes;
}

base::Result<std::vector<port::UdpOutcome>> FakeWire::echo(std::span<const port::EchoRequest> requests,
                                                           std::chrono::milliseconds /*linger*/,
                                                           const port::Until& until) {
    std::vector<port::UdpOutcome> outcomes;
    for (const auto& request : requests) {
        outcomes.push_back(is_over(until) ? silence() : on_echo(request));
        packets_out += counts_out ? 1 : 0;
        packets_in += counts_in && outcomes.back().status == port::UdpStatus::answered ? 1 : 0;
    }
    return outcomes;
}

base::Result<std::vector<port::TcpOutcome>> FakeWire::tcp(std::span<const port::TcpRequest> requests,
                                                          std::chrono::milliseconds /*linger*/,
                                                          const port::Until& until) {
    std::vector<port::TcpOutcome> outcomes;
    for (const auto& request : requests) {
        outcomes.push_back(is_over(until) ? port::TcpOutcome{} : on_tcp(request));
        packets_out += counts_out ? 1 : 0;
        packets_in += counts_in && outcomes.back().status != port::TcpStatus::no_answer ? 1 : 0;
    }
    return outcomes;
}

base::Result<port::TlsOutcome> FakeWire::tls(const port::TlsRequest& request, const port::Until& /*until*/) {
    return on_tls(request);
}

namespace {

class FakePlace final : public port::Place {
  public:
    FakePlace(net::Address address, port::Wire& wire, int& standing)
        : m_address(address)
        , m_wire(wire)
        , m_standing(standing) {
        ++m_standing;
    }
    FakePlace(const FakePlace&) = delete;
    FakePlace& operator=(const FakePlace&) = delete;
    FakePlace(FakePlace&&) = delete;
    FakePlace& operator=(FakePlace&&) = delete;
    ~FakePlace() override { --m_standing; }
    const net::Address& address() const override { return m_address; }
    const net::Address& gateway() const override { return m_gateway; }
    port::Wire& wire() override { return m_wire; }

  private:
    net::Address m_address;
    net::Address m_gateway = test::address("192.168.1.1");
    port::Wire& m_wire;
    int& m_standing;
};

class FakeWatch final : public port::LineWatch {
  public:
    explicit FakeWatch(port::Leaks leaks)
        : m_leaks(std::move(leaks)) {}
    port::Leaks seen() override { return m_leaks; }

  private:
    port::Leaks m_leaks;
};

} // namespace

base::Result<port::Entered> FakePlaces::enter(const port::PlaceWish& wish, const port::Until& /*until*/) {
    port::Entered entered;
    for (const auto& candidate : wish.candidates) {
        if (std::ranges::find(taken, candidate) != taken.end()) {
            entered.taken.push_back(candidate);
            continue;
        }
        entered.place = std::make_unique<FakePlace>(candidate, m_wire, standing);
        break;
    }
    return entered;
}

base::Result<std::unique_ptr<port::LineWatch>> FakeWatcher::watch(const port::LeakSought& sought_) {
    if (sought_.interface != "wan0") {
        const bool seen = sought_.answers ? answered : reaches_tunnel;
        return std::make_unique<FakeWatch>(
            port::Leaks{.packets = 0,
                        .first_packet = {},
                        .questions = seen ? sought_.domains : std::vector<std::string>{}});
    }
    sought = sought_;
    return std::make_unique<FakeWatch>(leaks);
}

World::World()
    : settled(healthy_site()) {
    links.links = {
        {"wan0", {.up = true, .carrier = true, .mtu = 1500, .addresses = {address("192.168.3.10")}}},
        {"ipsec0", {.up = true, .carrier = true, .mtu = 1400, .addresses = {address("10.200.1.1")}}}};
    links.default_ = port::DefaultRoute{.interface = "wan0", .gateway = address("192.168.3.1")};
    links.routes = {
        {prefix("10.20.0.0/16"),
         {.type = port::RouteType::unicast, .interface = "ipsec0", .source = address("10.200.1.1")}},
        {prefix("0.0.0.0/0"),
         {.type = port::RouteType::unicast, .interface = "wan0", .source = address("192.168.3.10")}}};
    names.known = {
        {"vpn1.example.net", {.answer = port::NameAnswer::found, .addresses = {address("203.0.113.11")}}},
        {"vpn2.example.net", {.answer = port::NameAnswer::found, .addresses = {address("203.0.113.12")}}}};
    zone = {{"pweb.base.oqs-pdl.org", 90},
            {"ntp.base.oqs-pdl.org", 1},
            {"proxy.base.oqs-pdl.org", 1},
            {"hweb.oqs.onshikaku.org", 1}};
    sas = {healthy_sa()};
    wire.on_udp = [this](const port::UdpRequest& request) { return healthy_udp(request); };
    wire.on_tcp = [this](const port::TcpRequest& request) { return healthy_tcp(request); };
    wire.on_echo = [](const port::EchoRequest&) { return answered({}); };
    wire.on_tls = [](const port::TlsRequest&) {
        return port::TlsOutcome{.status = port::TlsStatus::established,
                                .client_certificate_requested = true,
                                .protocol = "TLSv1.3",
                                .subject = "CN=hweb.oqs.onshikaku.org",
                                .issuer = "CN=Online Billing NW Common Root CA",
                                .not_after = std::chrono::sys_days(std::chrono::year(2028) / 1 / 31)};
    };
    from_there.on_udp = [this](const auto& request) { return wire.on_udp(request); };
    from_there.on_tcp = [this](const auto& request) { return wire.on_tcp(request); };
    from_there.on_echo = [this](const auto& request) { return wire.on_echo(request); };
    from_there.on_tls = [this](const auto& request) { return wire.on_tls(request); };
}

verify::Ports World::ports() {
    return {.links = links,
            .clock = clock,
            .names = names,
            .wire = wire,
            .places = places,
            .watcher = watcher,
            .list_sas = [this] {
                auto now = sas;
                for (auto& sa : now)
                    for (auto& child : sa.children) {
                        child.in.packets += wire.packets_in + from_there.packets_in;
                        child.out.packets += wire.packets_out + from_there.packets_out;
                    }
                return base::Result<std::vector<vici::IkeSa>>(now);
            }};
}

verify::Expectation World::expectation() const {
    return {.wan_interface = "wan0",
            .tunnel_interface = "ipsec0",
            .connection_prefix = "eligate-",
            .child_name = "net",
            .if_id = if_id,
            .mtu_low = 1280,
            .mtu_high = 1438,
            .firewall_table = "inet eligate",
            .firewall_as_wanted = [this] { return firewall; },
            .lan_interfaces = {"lan0"},
            .forwarder = forwarder};
}

verify::Finding World::run(const std::string& id, bool in_time) {
    const base::Cancel cancel;
    for (const auto& rung : verify::build_ladder(settled, expectation(), ports())) {
        const bool wanted = rung.id == id;
        if (!wanted && rung.id != "gateway.resolve")
            continue;
        const auto left = wanted && !in_time ? std::chrono::milliseconds(0) : rung.deadline;
        auto finding = rung.run({.deadline = std::chrono::steady_clock::now() + left, .cancel = &cancel});
        if (wanted)
            return finding;
    }
    FAIL("no rung " << id);
    return {};
}

verify::Report World::climb() {
    class Silent final : public verify::Observer {
      public:
        void started(const std::string& /*id*/, const base::Message& /*title*/) override {}
        void finished(const verify::Check& /*check*/) override {}
    } silent;
    const base::Cancel cancel;
    return verify::climb(verify::build_ladder(settled, expectation(), ports()), silent, cancel);
}

port::UdpOutcome World::healthy_udp(const port::UdpRequest& request) const {
    switch (request.to.port) {
    case 500:
    case 4500:
        return answered(ike_notify(request, 17, {0, 20}));
    case 53:
        return answered(dns_answer(zone, request.payload, false));
    case 123:
        return answered(ntp_reply(request.payload, clock.time, 2));
    default:
        return silence();
    }
}

port::TcpOutcome World::healthy_tcp(const port::TcpRequest& request) const {
    if (request.payload.empty())
        return {.status = port::TcpStatus::connected};
    if (request.to.port == 53)
        return {.status = port::TcpStatus::answered,
                .payload = verify::framed(dns_answer(zone, verify::unframed(request.payload), true))};
    const std::string forbidden = "HTTP/1.1 403 Forbidden\r\n\r\n";
    return {.status = port::TcpStatus::answered, .payload = {forbidden.begin(), forbidden.end()}};
}

port::UdpOutcome answered(Bytes payload) {
    return {.status = port::UdpStatus::answered, .payload = std::move(payload), .millis = 12ms};
}

port::UdpOutcome silence() {
    return {};
}

port::UdpOutcome icmp_from(std::string_view router) {
    return {
        .status = port::UdpStatus::rejected, .rejected_by = address(router), .reason = "Connection refused"};
}

Bytes ike_notify(const port::UdpRequest& request, std::uint16_t type, Bytes data) {
    const std::ptrdiff_t marker = request.to.port == 4500 ? 4 : 0;
    const auto spi = request.payload.begin() + marker;
    Bytes out(static_cast<std::size_t>(marker), 0);
    out.insert(out.end(), spi, spi + 8);
    out.insert(out.end(), {0, 0, 0, 0, 0, 0, 0, 0, 41, 0x20, 34, 0x20, 0, 0, 0, 0, 0, 0, 0});
    out.push_back(static_cast<std::uint8_t>(36 + data.size()));
    out.insert(out.end(), {0, 0, 0, static_cast<std::uint8_t>(8 + data.size()), 0, 0,
                           static_cast<std::uint8_t>(type >> 8U), static_cast<std::uint8_t>(type)});
    out.insert(out.end(), data.begin(), data.end());
    return out;
}

std::string evidence(const verify::Finding& finding, std::string_view name) {
    const auto found = std::ranges::find(finding.evidence, name, &std::pair<std::string, std::string>::first);
    return found == finding.evidence.end() ? "(none)" : found->second;
}

} // namespace eligate::test
