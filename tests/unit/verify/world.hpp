// SPDX-License-Identifier: Apache-2.0
/// A healthy appliance with its line, gateways and centre, made of fakes; each test breaks one thing in it.
#pragma once

#include "verify/ladder.hpp"
#include "vici/sa.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace eligate::test {

net::Address address(std::string_view text);
net::Prefix prefix(std::string_view text);

class FakeLinks final : public port::Links {
  public:
    base::Result<std::optional<port::Link>> link(std::string_view name) override;
    base::Result<std::optional<port::DefaultRoute>> default_route() override { return default_; }
    base::Result<port::RouteAnswer> route_to(const net::Address& destination) override;

    std::map<std::string, port::Link, std::less<>> links;
    /// Called before each look at a link.
    std::function<void()> on_look = [] {};
    std::optional<port::DefaultRoute> default_;
    /// The first prefix that contains the address answers.
    std::vector<std::pair<net::Prefix, port::RouteAnswer>> routes;
};

class FakeClock final : public port::WallClock {
  public:
    std::chrono::system_clock::time_point now() override { return time; }
    bool synchronised() override { return disciplined; }

    std::chrono::system_clock::time_point time = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
    bool disciplined = true;
};

class FakeNames final : public port::Names {
  public:
    base::Result<std::vector<port::Resolution>> resolve(std::span<const std::string> hosts,
                                                        const port::Until& until) override;
    std::vector<std::string> servers() override { return {"192.168.3.1"}; }

    std::map<std::string, port::Resolution> known;
};

/// Each request is answered by the handler of its kind; what went into the tunnel is counted.
class FakeWire final : public port::Wire {
  public:
    base::Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                                    std::chrono::milliseconds linger,
                                                    const port::Until& until) override;
    base::Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                                     std::chrono::milliseconds linger,
                                                     const port::Until& until) override;
    base::Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> requests,
                                                    std::chrono::milliseconds linger,
                                                    const port::Until& until) override;
    base::Result<port::TlsOutcome> tls(const port::TlsRequest& request, const port::Until& until) override;

    std::function<port::UdpOutcome(const port::UdpRequest&)> on_udp;
    std::function<port::UdpOutcome(const port::EchoRequest&)> on_echo;
    std::function<port::TcpOutcome(const port::TcpRequest&)> on_tcp;
    std::function<port::TlsOutcome(const port::TlsRequest&)> on_tls;
    /// What the SA of the tunnel would count.
    std::atomic<std::uint64_t> packets_out = 0;
    std::atomic<std::uint64_t> packets_in = 0;
    bool counts_out = true;
    bool counts_in = true;
};

/// A place is there for the asking.
class FakePlaces final : public port::Places {
  public:
    explicit FakePlaces(port::Wire& wire)
        : m_wire(wire) {}
    base::Result<port::Entered> enter(const port::PlaceWish& wish, const port::Until& until) override;

    /// Of the candidates.
    std::vector<net::Address> taken;
    /// How many places stand.
    int standing = 0;

  private:
    port::Wire& m_wire;
};

class FakeWatcher final : public port::LineWatcher {
  public:
    base::Result<std::unique_ptr<port::LineWatch>> watch(const port::LeakSought& sought) override;

    /// What leaves by the line.
    port::Leaks leaks;
    /// What was sought there.
    port::LeakSought sought;
    /// Whether a terminal's question reaches the tunnel, and whether it is answered there.
    bool reaches_tunnel = true;
    bool answered = true;
};

/// The names behind the tunnel: how many A records each has.
using Zone = std::map<std::string, unsigned>;

class World {
  public:
    World();

    verify::Ports ports();
    verify::Expectation expectation() const;
    /// Runs one rung of the ladder (gateway.resolve first, which gateway.reach builds on); not `in_time`:
    /// when its deadline is over.
    verify::Finding run(const std::string& id, bool in_time = true);
    verify::Report climb();

    profile::Settled settled;
    FakeLinks links;
    FakeClock clock;
    FakeNames names;
    FakeWire wire;
    /// What is sent from the terminal's place: answered as by `wire`, unless a test says otherwise. Rungs run
    /// side by side, so that only the wire tells who asks, not whether a place stands.
    FakeWire from_there;
    FakePlaces places{from_there};
    FakeWatcher watcher;
    Zone zone;
    std::vector<vici::IkeSa> sas;
    base::Result<bool> firewall = true;
    /// Of the interface that carries the tunnel; 0 on the userspace dataplane.
    std::uint32_t if_id = 0;
    std::vector<net::Address> forwarder = {};

    /// The defaults, for tests that answer differently in one case only.
    port::UdpOutcome healthy_udp(const port::UdpRequest& request) const;
    port::TcpOutcome healthy_tcp(const port::TcpRequest& request) const;
};

port::UdpOutcome answered(std::vector<std::uint8_t> payload);
port::UdpOutcome silence();
port::UdpOutcome icmp_from(std::string_view router);
/// What a gateway sends back for this request of ours: one notify.
std::vector<std::uint8_t> ike_notify(const port::UdpRequest& request, std::uint16_t type,
                                     std::vector<std::uint8_t> data = {});

std::string evidence(const verify::Finding& finding, std::string_view name);

} // namespace eligate::test
