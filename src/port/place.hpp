// SPDX-License-Identifier: Apache-2.0
/// Where a terminal stands, and what leaves by the line meanwhile: how the ladder sees what the appliance's
/// own packets cannot show. Nothing of it stays: all of it ends with the object, and with the process.
#pragma once

#include "net/prefix.hpp"
#include "port/probe.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace eligate::port {

/// The interface by which a place's packets come in begins so; the process id follows.
inline constexpr const char* place_prefix = "eglan";

/// A place behind the LAN. What goes out by its wire comes into the appliance as a terminal's packets do, by
/// another interface, and is forwarded.
class Place {
  public:
    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) = delete;
    Place& operator=(Place&&) = delete;
    virtual ~Place() = default;

    /// The terminal's.
    virtual const net::Address& address() const = 0;
    /// The appliance's own on that LAN: the terminal's way, and its forwarder.
    virtual const net::Address& gateway() const = 0;
    virtual Wire& wire() = 0;
};

struct PlaceWish {
    /// In the order of preference; the first that nobody has is taken.
    std::vector<net::Address> candidates;
    /// The appliance's interfaces on the LAN.
    std::vector<std::string> interfaces;
};

struct Entered {
    /// Null: none of the candidates can be known free.
    std::unique_ptr<Place> place;
    /// Somebody answers for these.
    std::vector<net::Address> taken = {};
    /// These are not of a network that one of the interfaces is in.
    std::vector<net::Address> elsewhere = {};
};

class Places {
  public:
    Places() = default;
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;
    Places(Places&&) = delete;
    Places& operator=(Places&&) = delete;
    virtual ~Places() = default;

    /// Asks the LAN whose these addresses are (ARP, RFC 5227), which takes 0.4 s for each interface, and
    /// makes the place, which takes what the kernel takes; neither is hurried by `until`, a cancel ends the
    /// asking. Nobody on the LAN hears of the address. Error system_call.
    virtual base::Result<Entered> enter(const PlaceWish& wish, const Until& until) = 0;
};

struct LeakSought {
    std::string interface;
    /// What must not leave there in the clear, IPv4.
    std::vector<net::Prefix> destinations;
    /// Questions for these names and those below them.
    std::vector<std::string> domains;
    /// What comes in there, and answers instead of questions: whether something came back.
    bool answers = false;
};

struct Leaks {
    /// Packets to the destinations.
    std::size_t packets = 0;
    /// "192.168.1.50 > 10.20.0.53": the first of them.
    std::string first_packet = {};
    /// The domains' names in questions (or answers) over UDP, each once; the first 64.
    std::vector<std::string> questions = {};
    /// More came than there was room for, or the interface went away: something may not have been seen.
    bool missed = false;
};

/// Looks at what this machine sends by an interface (or gets there), from its creation on.
class LineWatch {
  public:
    LineWatch() = default;
    LineWatch(const LineWatch&) = delete;
    LineWatch& operator=(const LineWatch&) = delete;
    LineWatch(LineWatch&&) = delete;
    LineWatch& operator=(LineWatch&&) = delete;
    virtual ~LineWatch() = default;

    /// What was seen until now. Does not block.
    virtual Leaks seen() = 0;
};

class LineWatcher {
  public:
    LineWatcher() = default;
    LineWatcher(const LineWatcher&) = delete;
    LineWatcher& operator=(const LineWatcher&) = delete;
    LineWatcher(LineWatcher&&) = delete;
    LineWatcher& operator=(LineWatcher&&) = delete;
    virtual ~LineWatcher() = default;

    /// Error system_call.
    virtual base::Result<std::unique_ptr<LineWatch>> watch(const LeakSought& sought) = 0;
};

} // namespace eligate::port
