// SPDX-License-Identifier: Apache-2.0
#include "apply/path_mtu.hpp"

#include "ike/version_probe.hpp"
#include "ipsec/overhead.hpp"

#include <algorithm>
#include <array>

namespace eligate::apply {
namespace {

using base::Result;
using port::UdpOutcome;
using port::UdpStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr unsigned udp_header = 8;

/// Every line carries as much (RFC 8200 section 5), and a tunnel over less would be no use.
constexpr unsigned smallest = 1280;

/// What the lines in use leave over: PPPoE, FLETS, DS-Lite and MAP-E, 6rd, mobile, tunnels in tunnels.
constexpr std::array<unsigned, 18> usual_sizes{1492, 1480, 1472, 1464, 1460, 1454, 1452, 1448, 1440,
                                               1430, 1420, 1400, 1380, 1360, 1340, 1320, 1300, smallest};

constexpr milliseconds names_patience{1000};
constexpr milliseconds probe_patience{600};
/// The second copy of a lost datagram, and its way there and back.
constexpr milliseconds second_copy{200};
constexpr milliseconds linger{400};

struct Seen {
    /// 0 if nothing was answered.
    unsigned largest_answered = 0;
    /// What a router on the way says would fit; 0 if none said anything.
    unsigned told = 0;
};

void look_at(const UdpOutcome& outcome, unsigned size, Seen& seen) {
    if (outcome.status == UdpStatus::answered)
        seen.largest_answered = std::max(seen.largest_answered, size);
    if (outcome.status == UdpStatus::too_big && outcome.mtu != 0)
        seen.told = seen.told == 0 ? outcome.mtu : std::min(seen.told, outcome.mtu);
}

port::Until soon() {
    return {.deadline = steady_clock::now() + probe_patience, .cancel = nullptr};
}

class Prober {
  public:
    Prober(const net::Address& gateway, port::Wire& wire)
        : m_gateway(gateway)
        , m_wire(wire) {}

    Result<Seen> by_ike(const std::vector<unsigned>& sizes) const {
        const unsigned headers =
            (m_gateway.family() == net::Family::ipv6 ? ipsec::ipv6_header : ipsec::ipv4_header) + udp_header;
        std::vector<port::UdpRequest> requests;
        for (const auto size : sizes) {
            const auto spi = ike::fresh_spi();
            requests.push_back(
                {.to = {.address = m_gateway, .port = ike::ike_port},
                 .payload = ike::version_probe(spi, size - headers),
                 .send_at = {milliseconds(0), second_copy},
                 .dont_fragment = true,
                 .accept = [spi](auto bytes) { return ike::answers_version_probe(bytes, spi); }});
        }
        ELIGATE_TRY_ASSIGN(const auto outcomes, m_wire.udp(requests, linger, soon()));
        Seen seen;
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            look_at(outcomes[i], sizes[i], seen);
        return seen;
    }

    Result<Seen> by_echo(const std::vector<unsigned>& sizes) const {
        // The port sends echo over IPv4 only.
        if (m_gateway.family() == net::Family::ipv6)
            return Seen{};
        std::vector<port::EchoRequest> requests;
        for (const auto size : sizes)
            requests.insert(requests.end(), 2, {.to = m_gateway, .packet_size = size});
        ELIGATE_TRY_ASSIGN(const auto outcomes, m_wire.echo(requests, linger, soon()));
        Seen seen;
        for (std::size_t i = 0; i < outcomes.size(); ++i)
            look_at(outcomes[i], requests[i].packet_size, seen);
        return seen;
    }

  private:
    net::Address m_gateway;
    port::Wire& m_wire;
};

/// What is worth trying once the whole size did not get through: what a router said, and what is usual.
std::vector<unsigned> smaller_sizes(unsigned largest, unsigned told) {
    std::vector<unsigned> sizes;
    if (told >= smallest && told < largest)
        sizes.push_back(told);
    for (const auto size : usual_sizes)
        if (size < largest && (told < smallest || size < told))
            sizes.push_back(size);
    return sizes;
}

std::optional<unsigned> size_of(const Seen& seen) {
    return seen.largest_answered == 0 ? std::nullopt : std::optional(seen.largest_answered);
}

/// The whole size first, with the smallest beside it, so that silence about the one means something.
Result<std::optional<unsigned>> measure(const Prober& prober, unsigned largest) {
    const std::vector<unsigned> ends{largest, smallest};
    ELIGATE_TRY_ASSIGN(const auto ike, prober.by_ike(ends));
    if (ike.largest_answered == largest)
        return largest;
    // Not everybody answers a version that does not exist, least of all a large one.
    ELIGATE_TRY_ASSIGN(const auto echo, prober.by_echo(ends));
    if (echo.largest_answered == largest)
        return largest;
    const unsigned told = ike.told != 0 ? ike.told : echo.told;
    const auto sizes = smaller_sizes(largest, told);
    if (ike.largest_answered != 0) {
        ELIGATE_TRY_ASSIGN(const auto seen, prober.by_ike(sizes));
        return std::max(seen.largest_answered, ike.largest_answered);
    }
    if (echo.largest_answered == 0)
        return std::nullopt;
    ELIGATE_TRY_ASSIGN(auto seen, prober.by_echo(sizes));
    seen.largest_answered = std::max(seen.largest_answered, echo.largest_answered);
    return size_of(seen);
}

} // namespace

Result<PathMtu> measure_path_mtu(const std::vector<std::string>& gateways, unsigned largest,
                                 port::Names& names, port::Wire& wire) {
    PathMtu path;
    ELIGATE_TRY_ASSIGN(
        const auto resolutions,
        names.resolve(gateways, {.deadline = steady_clock::now() + names_patience, .cancel = nullptr}));
    const auto reachable = std::ranges::find_if(
        resolutions, [](const port::Resolution& resolution) { return !resolution.addresses.empty(); });
    if (reachable == resolutions.end())
        return path;
    const auto& gateway = reachable->addresses.front();
    path.ipv6 = gateway.family() == net::Family::ipv6;
    if (largest < smallest)
        return path;
    ELIGATE_TRY_ASSIGN(path.size, measure(Prober(gateway, wire), largest));
    return path;
}

} // namespace eligate::apply
