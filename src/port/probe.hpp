// SPDX-License-Identifier: Apache-2.0
/// What the ladder's checks need to see and to send. Everything here only looks: nothing changes the machine,
/// and nothing is left on the other side. All of it may be called from several threads at once. Each wait
/// ends at its deadline or at once when cancelled; an answer that did not come is a value, not an Error.
/// Error means that this machine could not even try (no descriptors, no permission).
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "net/address.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::port {

/// How long a wait may last: to an absolute instant, or to the user's "stop".
struct Until {
    std::chrono::steady_clock::time_point deadline;
    const base::Cancel* cancel = nullptr;

    bool cancelled() const { return cancel != nullptr && cancel->requested(); }
    /// The same, but ending at the latest `span` from now.
    Until at_most(std::chrono::milliseconds span) const {
        return {.deadline = std::min(deadline, std::chrono::steady_clock::now() + span), .cancel = cancel};
    }
    /// The same, with `span` from now: for what begins after something that is not to be hurried.
    Until anew(std::chrono::milliseconds span) const {
        return {.deadline = std::chrono::steady_clock::now() + span, .cancel = cancel};
    }
};

/// ---- links and routes: what the kernel says; does not block ----

struct Link {
    /// Administratively up.
    bool up = false;
    bool carrier = false;
    /// Bytes.
    unsigned mtu = 0;
    std::vector<net::Address> addresses;
};

struct DefaultRoute {
    std::string interface;
    /// Nothing for a route without one (PPP).
    std::optional<net::Address> gateway;
};

enum class RouteType { unicast, local, unreachable, blackhole, prohibit, none };

/// Where a packet of our own to some address would go now, policy rules included.
struct RouteAnswer {
    RouteType type = RouteType::none;
    std::string interface = {};
    std::optional<net::Address> source = std::nullopt;
    /// The next hop; nothing where the address is a neighbour.
    std::optional<net::Address> gateway = std::nullopt;
};

class Links {
  public:
    Links() = default;
    Links(const Links&) = delete;
    Links& operator=(const Links&) = delete;
    Links(Links&&) = delete;
    Links& operator=(Links&&) = delete;
    virtual ~Links() = default;

    /// Nothing if there is no such interface.
    virtual base::Result<std::optional<Link>> link(std::string_view name) = 0;
    /// The best IPv4 default route of the main table, or nothing.
    virtual base::Result<std::optional<DefaultRoute>> default_route() = 0;
    virtual base::Result<RouteAnswer> route_to(const net::Address& destination) = 0;
};

/// ---- the clock ----

class WallClock {
  public:
    WallClock() = default;
    WallClock(const WallClock&) = delete;
    WallClock& operator=(const WallClock&) = delete;
    WallClock(WallClock&&) = delete;
    WallClock& operator=(WallClock&&) = delete;
    virtual ~WallClock() = default;

    virtual std::chrono::system_clock::time_point now() = 0;
    /// Whether something (chrony, timesyncd) disciplines the kernel's clock.
    virtual bool synchronised() = 0;
};

/// ---- names, by the line's own resolver (/etc/hosts, /etc/resolv.conf) ----

enum class NameAnswer {
    found,
    /// NXDOMAIN.
    no_such_name,
    /// The name exists and has no address.
    no_address,
    /// The servers answered with a failure (SERVFAIL, REFUSED).
    server_failure,
    /// None of the servers answered in time.
    no_answer,
    /// There is no server to ask, or nothing listens where there should be one.
    no_resolver,
    /// Not a name one could ask for.
    bad_name,
};

struct Resolution {
    std::string host = {};
    NameAnswer answer = NameAnswer::no_answer;
    /// In the order in which they should be tried.
    std::vector<net::Address> addresses = {};
};

class Names {
  public:
    Names() = default;
    Names(const Names&) = delete;
    Names& operator=(const Names&) = delete;
    Names(Names&&) = delete;
    Names& operator=(Names&&) = delete;
    virtual ~Names() = default;

    /// All at the same time; the answers stand in the order of the question.
    virtual base::Result<std::vector<Resolution>> resolve(std::span<const std::string> hosts,
                                                          const Until& until) = 0;
    /// The servers that are asked, for the evidence.
    virtual std::vector<std::string> servers() = 0;
};

/// ---- the wire ----

/// Judges whether bytes are the answer (UDP) or hold the whole answer (TCP).
using Accept = std::function<bool(std::span<const std::uint8_t>)>;

struct UdpRequest {
    net::Endpoint to;
    std::vector<std::uint8_t> payload;
    /// When to send, counted from the start; the first is usually 0.
    std::vector<std::chrono::milliseconds> send_at = {std::chrono::milliseconds(0)};
    /// Never fragment here nor on the way (IP_PMTUDISC_PROBE).
    bool dont_fragment = false;
    /// Datagrams it does not accept are ignored, since anybody may send them. Empty: any will do.
    Accept accept = nullptr;
};

enum class UdpStatus {
    answered,
    no_answer,
    /// An ICMP error came back: nobody listens there, or something on the way refuses.
    rejected,
    /// Larger than what this machine or the way can carry in one piece.
    too_big,
    /// This machine has no way to send it (no route, refused by a local firewall).
    unsendable,
};

struct UdpOutcome {
    UdpStatus status = UdpStatus::no_answer;
    std::vector<std::uint8_t> payload = {};
    /// Who sent the ICMP error.
    std::optional<net::Address> rejected_by = std::nullopt;
    /// too_big: the size that would fit, in bytes of the IP packet; 0 if nobody said.
    unsigned mtu = 0;
    /// From the first sending to the answer.
    std::chrono::milliseconds millis{0};
    /// The system's word for rejected and unsendable ("Connection refused").
    std::string reason = {};
};

struct EchoRequest {
    net::Address to;
    /// Bytes of the whole IP packet, 28 (IPv4) or 48 (IPv6) at least.
    unsigned packet_size = 64;
};

struct TcpRequest {
    net::Endpoint to;
    /// Empty: only connect.
    std::vector<std::uint8_t> payload = {};
    /// Whether the answer is complete; it never grows beyond `limit` bytes.
    Accept complete = nullptr;
    std::size_t limit = 67'584;
};

enum class TcpStatus {
    /// Connected, which is all that was asked for.
    connected,
    /// Connected, and a complete answer came.
    answered,
    /// Connected, but no complete answer came in time or before the other side closed.
    silent,
    refused,
    no_answer,
    unsendable,
};

struct TcpOutcome {
    TcpStatus status = TcpStatus::no_answer;
    std::vector<std::uint8_t> payload = {};
    std::chrono::milliseconds millis{0};
    std::string reason = {};
};

struct TlsRequest {
    net::Endpoint to;
    /// For SNI.
    std::string server_name;
};

enum class TlsStatus {
    /// The handshake ended well, as far as this side can tell.
    established,
    /// The server spoke TLS and ended it with an alert or by closing.
    aborted,
    /// Connected, but what came is not TLS, or no common protocol version.
    not_tls,
    /// Connected, and then nothing more came in time: typical of a path that loses large packets.
    stalled,
    refused,
    no_answer,
    unsendable,
};

struct TlsOutcome {
    TlsStatus status = TlsStatus::no_answer;
    /// The server asked for a client certificate (none is ever given).
    bool client_certificate_requested = false;
    /// "TLSv1.3"; empty if it did not come so far.
    std::string protocol = {};
    /// Of the server's own certificate, RFC 4514 text; empty if none was seen. Whether it can be trusted is
    /// not judged here, because its root lives on the terminal.
    std::string subject = {};
    std::string issuer = {};
    std::optional<std::chrono::system_clock::time_point> not_after = std::nullopt;
    std::chrono::milliseconds millis{0};
    std::string reason = {};
};

/// The calls that take several requests run them side by side. Once the first of them is answered, the others
/// have `linger` left: a dead second server must not cost the whole deadline.
class Wire {
  public:
    Wire() = default;
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
    Wire(Wire&&) = delete;
    Wire& operator=(Wire&&) = delete;
    virtual ~Wire() = default;

    virtual base::Result<std::vector<UdpOutcome>>
    udp(std::span<const UdpRequest> requests, std::chrono::milliseconds linger, const Until& until) = 0;
    /// ICMP echo that must not be fragmented; one packet for each request. Uses only the statuses of UDP.
    virtual base::Result<std::vector<UdpOutcome>>
    echo(std::span<const EchoRequest> requests, std::chrono::milliseconds linger, const Until& until) = 0;
    virtual base::Result<std::vector<TcpOutcome>>
    tcp(std::span<const TcpRequest> requests, std::chrono::milliseconds linger, const Until& until) = 0;
    virtual base::Result<TlsOutcome> tls(const TlsRequest& request, const Until& until) = 0;
};

} // namespace eligate::port
