// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_place.hpp"

#include "linux/arp.hpp"
#include "linux/netlink_veth.hpp"
#include "linux/network_namespace.hpp"
#include "linux/probe_links.hpp"
#include "linux/probe_wire.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace eligate::linux_adapter {
namespace {

using base::Result;

/// Asked for at once; a LAN of which that many are taken has a free one named by the technician.
constexpr std::size_t most_candidates = 32;
constexpr unsigned usual_mtu = 1500;

/// The same probes, there.
class PlaceWire final : public port::Wire {
  public:
    explicit PlaceWire(std::unique_ptr<NetworkNamespace> there)
        : m_there(std::move(there)) {}

    Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        return m_there->within([&] { return m_wire.udp(requests, linger, until); });
    }
    Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                               std::chrono::milliseconds linger,
                                               const port::Until& until) override {
        return m_there->within([&] { return m_wire.echo(requests, linger, until); });
    }
    Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        return m_there->within([&] { return m_wire.tcp(requests, linger, until); });
    }
    Result<port::TlsOutcome> tls(const port::TlsRequest& request, const port::Until& until) override {
        return m_there->within([&] { return m_wire.tls(request, until); });
    }

  private:
    std::unique_ptr<NetworkNamespace> m_there;
    ProbeWire m_wire;
};

class NamelessPlace final : public port::Place {
  public:
    NamelessPlace(VethWish wire, std::unique_ptr<NetworkNamespace> there)
        : m_pair(std::move(wire))
        , m_wire(std::move(there)) {}
    NamelessPlace(const NamelessPlace&) = delete;
    NamelessPlace& operator=(const NamelessPlace&) = delete;
    NamelessPlace(NamelessPlace&&) = delete;
    NamelessPlace& operator=(NamelessPlace&&) = delete;
    ~NamelessPlace() override { drop_near_end(m_pair.near_end); }

    const net::Address& address() const override { return m_pair.terminal; }
    const net::Address& gateway() const override { return m_pair.gateway; }
    port::Wire& wire() override { return m_wire; }

  private:
    VethWish m_pair;
    PlaceWire m_wire;
};

struct Spot {
    std::string interface;
    net::Address terminal;
    net::Address gateway;
};

/// On which interface each candidate would be a neighbour, and by which address it would know us there.
Result<std::map<std::string, std::vector<Spot>>> sort(const port::PlaceWish& wish, port::Entered& entered) {
    ProbeLinks links;
    std::map<std::string, std::vector<Spot>> spots;
    std::size_t count = 0;
    for (const auto& candidate : wish.candidates) {
        if (++count > most_candidates)
            break;
        ELIGATE_TRY_ASSIGN(const auto route, links.route_to(candidate));
        const bool here = std::ranges::find(wish.interfaces, route.interface) != wish.interfaces.end();
        // Ours, or where somebody else looks from just now.
        if (route.type == port::RouteType::local || route.interface.starts_with(port::place_prefix))
            entered.taken.push_back(candidate);
        else if (route.type != port::RouteType::unicast || !here || route.gateway || !route.source)
            entered.elsewhere.push_back(candidate);
        else
            spots[route.interface].push_back(
                {.interface = route.interface, .terminal = candidate, .gateway = *route.source});
    }
    return spots;
}

Result<std::optional<Spot>> free_spot(const port::PlaceWish& wish, const port::Until& until,
                                      port::Entered& entered) {
    ELIGATE_TRY_ASSIGN(const auto sorted, sort(wish, entered));
    for (const auto& [interface, spots] : sorted) {
        std::vector<net::Address> addresses;
        addresses.reserve(spots.size());
        for (const auto& spot : spots)
            addresses.push_back(spot.terminal);
        ELIGATE_TRY_ASSIGN(const auto taken, taken_on(interface, addresses, until));
        const auto free = std::ranges::find_if(
            spots, [&](const Spot& spot) { return std::ranges::find(taken, spot.terminal) == taken.end(); });
        // Whoever had no time to answer is not known to be away.
        if (free != spots.end() && !until.cancelled())
            return *free;
        entered.taken.insert(entered.taken.end(), taken.begin(), taken.end());
    }
    return std::nullopt;
}

Result<unsigned> mtu_of(const std::string& interface) {
    ProbeLinks links;
    ELIGATE_TRY_ASSIGN(const auto link, links.link(interface));
    return link && link->mtu != 0 ? link->mtu : usual_mtu;
}

Result<std::unique_ptr<port::Place>> make(const Spot& spot) {
    ELIGATE_TRY_ASSIGN(const auto mtu, mtu_of(spot.interface));
    ELIGATE_TRY_ASSIGN(auto there, NetworkNamespace::make());
    // A process has one place at a time.
    const VethWish wish{.near_end = port::place_prefix + std::to_string(::getpid()),
                        .terminal = spot.terminal,
                        .gateway = spot.gateway,
                        .mtu = mtu};
    ELIGATE_TRY(make_near_end(wish, there->thread_id()));
    ELIGATE_TRY(there->within([&] { return make_far_end(wish); }));
    return std::make_unique<NamelessPlace>(wish, std::move(there));
}

} // namespace

Result<port::Entered> ProbePlaces::enter(const port::PlaceWish& wish, const port::Until& until) {
    port::Entered entered;
    ELIGATE_TRY_ASSIGN(const auto spot, free_spot(wish, until, entered));
    if (!spot)
        return entered;
    auto place = make(*spot);
    if (place) {
        entered.place = std::move(*place);
        return entered;
    }
    // Somebody else may have been quicker.
    port::Entered again;
    ELIGATE_TRY(sort({.candidates = {spot->terminal}, .interfaces = wish.interfaces}, again));
    if (again.taken.empty())
        return base::Unexpected(std::move(place).error());
    entered.taken.push_back(spot->terminal);
    return entered;
}

} // namespace eligate::linux_adapter
