// SPDX-License-Identifier: Apache-2.0
/// What list-sas tells about live tunnels. Texts are charon's own; times are seconds, counters are since the
/// CHILD_SA was installed and restart at each rekeying.
#pragma once

#include "net/prefix.hpp"
#include "vici/message.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::vici {

struct Algorithms {
    std::string encryption;
    std::uint32_t key_bits = 0;
    std::string integrity;
    std::string prf;
    std::string dh_group;
    bool operator==(const Algorithms&) const = default;
};

struct Traffic {
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    /// Since the last packet; nothing if there was none.
    std::optional<std::chrono::seconds> idle;
    bool operator==(const Traffic&) const = default;
};

struct ChildSa {
    std::string name;
    std::uint32_t uniqueid = 0;
    std::uint32_t reqid = 0;
    /// "INSTALLED", "REKEYING", "DELETING", …
    std::string state;
    std::string mode;
    std::string protocol;
    /// ESP in UDP.
    bool encap = false;
    /// Eight hex digits.
    std::string spi_in;
    std::string spi_out;
    std::uint32_t if_id_in = 0;
    std::uint32_t if_id_out = 0;
    Algorithms algorithms;
    Traffic in;
    Traffic out;
    std::chrono::seconds install_time{0};
    std::optional<std::chrono::seconds> rekey_time;
    std::optional<std::chrono::seconds> life_time;
    std::vector<std::string> local_ts;
    std::vector<std::string> remote_ts;

    bool installed() const { return state == "INSTALLED"; }
    /// Packets went out, and since it was installed, a minute ago or longer, none came in. One that carries
    /// nothing at all says nothing.
    bool unanswered() const;
    bool operator==(const ChildSa&) const = default;
};

struct IkeSa {
    std::string name;
    std::uint32_t uniqueid = 0;
    /// "CREATED", "CONNECTING", "ESTABLISHED", "REKEYING", "DELETING", …
    std::string state;
    std::string local_host;
    std::uint16_t local_port = 0;
    std::string local_id;
    std::string remote_host;
    std::uint16_t remote_port = 0;
    std::string remote_id;
    bool initiator = false;
    std::string initiator_spi;
    std::string responder_spi;
    bool nat_local = false;
    bool nat_remote = false;
    bool nat_any = false;
    Algorithms algorithms;
    /// Nothing while it is not established.
    std::optional<std::chrono::seconds> established;
    std::optional<std::chrono::seconds> rekey_time;
    std::vector<std::string> local_vips;
    std::vector<ChildSa> children;

    bool is_established() const { return state == "ESTABLISHED"; }
    /// This machine has begun it, and the gateway has said nothing yet: nobody else knows of it.
    bool awaits_first_answer() const;
    /// The gateway has answered, and is about to hand out an address.
    bool is_under_way() const;
    bool operator==(const IkeSa&) const = default;
};

/// One list-sa event. IKE002 if it has not the one section it must have.
base::Result<IkeSa> ike_sa(const Message& event);

/// A selector as charon lists it that is a whole prefix; nothing for a range, or one with protocol or port.
std::optional<net::Prefix> prefix_of(std::string_view selector);

} // namespace eligate::vici
