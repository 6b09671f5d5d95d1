// SPDX-License-Identifier: Apache-2.0
/// How long each rung may take at most, in one place. A healthy rung takes a round trip or two.
#pragma once

#include <array>
#include <chrono>

namespace eligate::verify::deadline {

using std::chrono::milliseconds;

/// Netlink and the kernel's clock: local, answers at once.
inline constexpr milliseconds local{1000};
/// strongSwan's list-sas over its local socket; it waits for SAs that are busy.
inline constexpr milliseconds sas{2000};
/// Two servers, two tries each, over a mobile line.
inline constexpr milliseconds resolve{3000};
/// Four tries (see reach_schedule), the last with 2 s to come back: longer than any line's round trip.
inline constexpr milliseconds reach{5000};
/// One DNS round over UDP (1.5 s), one over TCP or ICMP, and list-sas twice.
inline constexpr milliseconds esp{6000};
/// From a terminal's place: one round each over UDP, ICMP and TCP (3.8 s). Counted from when the place is
/// made: the kernel makes a network namespace when it can, which is milliseconds, and was 8 s on a small
/// machine that was busy. Nobody is silent meanwhile.
inline constexpr milliseconds lan{4000};
/// UDP (1.5 s), TCP, and a question whose answer does not matter (1.5 s). The forwarder asks on by TCP, too,
/// and a SYN that a mobile line loses is repeated after 1 s and 3 s.
inline constexpr milliseconds forwarder_tcp{3500};
inline constexpr milliseconds forwarder{6600};
inline constexpr milliseconds mtu{3000};
/// UDP first, then TCP; if neither brought anything, a small question in the rest.
inline constexpr milliseconds dns{3800};
inline constexpr milliseconds dns_try{1500};
inline constexpr milliseconds ntp{3000};
/// Name, connect, answer; the proxy may have to ask others first.
inline constexpr milliseconds proxy{5000};
/// A lost SYN is repeated after 1 s and 3 s; 5 s allow for both.
inline constexpr milliseconds tcp{5000};
inline constexpr milliseconds tls{5000};

/// When an IKE_SA_INIT is sent. Quick at first, since a lost packet is the usual reason for silence; then
/// slower, as gateways limit the rate of half-open requests.
inline constexpr std::array reach_schedule{milliseconds(0), milliseconds(500), milliseconds(1500),
                                           milliseconds(3000)};
/// Once a gateway answered on one port, the other ports and gateways have this long: two more tries.
inline constexpr milliseconds reach_linger{2000};

/// Inside the tunnel the way is known to work, so a server that is silent for this long after another one
/// answered is called dead.
inline constexpr milliseconds inner_linger{700};
inline constexpr std::array inner_schedule{milliseconds(0), milliseconds(400), milliseconds(1000)};

} // namespace eligate::verify::deadline
