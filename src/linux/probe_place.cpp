// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_place.hpp"

#include "base/unique_fd.hpp"
#include "linux/arp.hpp"
#include "linux/netlink_veth.hpp"
#include "linux/probe_links.hpp"
#include "linux/probe_socket.hpp"
#include "linux/probe_wire.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace eligate::linux_adapter {
namespace {

using base::Result;
using base::UniqueFd;

/// Asked for at once; a LAN of which that many are taken has a free one named by the technician.
constexpr std::size_t most_candidates = 32;
constexpr unsigned usual_mtu = 1500;

Result<UniqueFd> namespace_of_this_thread() {
    UniqueFd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    return fd ? Result<UniqueFd>(std::move(fd)) : Result<UniqueFd>(cannot_probe("open", errno));
}

/// unshare(2) and setns(2) move only the calling thread, so it is one that ends with the call.
Result<UniqueFd> new_namespace() {
    return std::async(std::launch::async,
                      []() -> Result<UniqueFd> {
                          if (::unshare(CLONE_NEWNET) != 0)
                              return cannot_probe("unshare", errno);
                          return namespace_of_this_thread();
                      })
        .get();
}

/// While it lives, what this thread opens is in the other namespace.
class Visit {
  public:
    static Result<Visit> to(int other) {
        ELIGATE_TRY_ASSIGN(auto home, namespace_of_this_thread());
        if (::setns(other, CLONE_NEWNET) != 0)
            return cannot_probe("setns", errno);
        return Visit(std::move(home));
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    Visit(Visit&&) = default;
    Visit& operator=(Visit&&) = delete;
    ~Visit() {
        // To where it came from: the kernel has no reason to refuse it.
        if (m_home)
            ::setns(m_home.get(), CLONE_NEWNET);
    }

  private:
    explicit Visit(UniqueFd home)
        : m_home(std::move(home)) {}
    UniqueFd m_home;
};

/// A socket stays in the namespace it was opened in; which one a thread is in, another thread does not feel.
class PlaceWire final : public port::Wire {
  public:
    explicit PlaceWire(UniqueFd there)
        : m_there(std::move(there)) {}

    Result<std::vector<port::UdpOutcome>> udp(std::span<const port::UdpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        ELIGATE_TRY_ASSIGN(const auto visit, Visit::to(m_there.get()));
        return m_wire.udp(requests, linger, until);
    }
    Result<std::vector<port::UdpOutcome>> echo(std::span<const port::EchoRequest> requests,
                                               std::chrono::milliseconds linger,
                                               const port::Until& until) override {
        ELIGATE_TRY_ASSIGN(const auto visit, Visit::to(m_there.get()));
        return m_wire.echo(requests, linger, until);
    }
    Result<std::vector<port::TcpOutcome>> tcp(std::span<const port::TcpRequest> requests,
                                              std::chrono::milliseconds linger,
                                              const port::Until& until) override {
        ELIGATE_TRY_ASSIGN(const auto visit, Visit::to(m_there.get()));
        return m_wire.tcp(requests, linger, until);
    }
    Result<port::TlsOutcome> tls(const port::TlsRequest& request, const port::Until& until) override {
        ELIGATE_TRY_ASSIGN(const auto visit, Visit::to(m_there.get()));
        return m_wire.tls(request, until);
    }

  private:
    UniqueFd m_there;
    ProbeWire m_wire;
};

class NamelessPlace final : public port::Place {
  public:
    NamelessPlace(net::Address address, net::Address gateway, UniqueFd there)
        : m_address(address)
        , m_gateway(gateway)
        , m_wire(std::move(there)) {}

    const net::Address& address() const override { return m_address; }
    const net::Address& gateway() const override { return m_gateway; }
    port::Wire& wire() override { return m_wire; }

  private:
    net::Address m_address;
    net::Address m_gateway;
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
        if (route.type == port::RouteType::local)
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
    ELIGATE_TRY_ASSIGN(auto there, new_namespace());
    // A process has one place at a time.
    const VethWish wish{.near_end = port::place_prefix + std::to_string(::getpid()),
                        .terminal = spot.terminal,
                        .gateway = spot.gateway,
                        .mtu = mtu};
    ELIGATE_TRY(make_near_end(wish, there.get()));
    {
        ELIGATE_TRY_ASSIGN(const auto visit, Visit::to(there.get()));
        ELIGATE_TRY(make_far_end(wish));
    }
    return std::make_unique<NamelessPlace>(spot.terminal, spot.gateway, std::move(there));
}

} // namespace

Result<port::Entered> ProbePlaces::enter(const port::PlaceWish& wish, const port::Until& until) {
    port::Entered entered;
    ELIGATE_TRY_ASSIGN(const auto spot, free_spot(wish, until, entered));
    if (spot) {
        ELIGATE_TRY_ASSIGN(entered.place, make(*spot));
    }
    return entered;
}

} // namespace eligate::linux_adapter
