// SPDX-License-Identifier: Apache-2.0
#include "verify/standpoint.hpp"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace eligate::verify {
namespace {

using base::Result;

/// The place's wire, where there is one by the time it is used.
class StandpointWire final : public port::Wire {
  public:
    explicit StandpointWire(Standpoint& at)
        : m_at(at) {}

    Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        return m_at.place->wire().udp(requests, linger, until);
    }
    Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                               std::chrono::milliseconds linger,
                                               const port::Until& until) override {
        return m_at.place->wire().echo(requests, linger, until);
    }
    Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        return m_at.place->wire().tcp(requests, linger, until);
    }
    Result<port::TlsOutcome> tls(const port::TlsRequest& request, const port::Until& until) override {
        return m_at.place->wire().tls(request, until);
    }

  private:
    Standpoint& m_at;
};

/// By its name its question, and the answer, are known among those of real terminals.
Wanted asking_for_its_own(const Scene& scene) {
    auto wanted = scene.wanted();
    wanted.sample_name = fresh_name(wanted);
    return wanted;
}

/// With other DNS servers, if there are any.
Wanted wanted_of(const Scene& scene, const std::vector<net::Address>& servers) {
    auto wanted = scene.wanted();
    if (!servers.empty())
        wanted.dns_servers = servers;
    return wanted;
}

} // namespace

std::string fresh_name(const Wanted& wanted) {
    std::random_device random;
    const auto domain = wanted.domains.empty() ? wanted.sample_name : wanted.domains.front();
    return fmt::format("eligate-{:08x}.{}", random(), domain);
}

Lan::Lan(const ScenePtr& scene)
    : wire(std::make_unique<StandpointWire>(at))
    , appliance(scene)
    , terminal(std::make_shared<Scene>(asking_for_its_own(*scene), scene->expectation(),
                                       Ports{.links = scene->ports().links,
                                             .clock = scene->ports().clock,
                                             .names = scene->ports().names,
                                             .wire = *wire,
                                             .places = scene->ports().places,
                                             .watcher = scene->ports().watcher,
                                             .list_sas = scene->ports().list_sas}))
    , asking(std::make_shared<Scene>(wanted_of(*scene, scene->expectation().forwarder), scene->expectation(),
                                     terminal->ports()))
    , beside(std::make_shared<Scene>(wanted_of(*scene, scene->expectation().forwarder), scene->expectation(),
                                     scene->ports())) {}

} // namespace eligate::verify
