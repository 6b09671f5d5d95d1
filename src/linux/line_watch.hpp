// SPDX-License-Identifier: Apache-2.0
/// port::LineWatcher: a packet socket on the line, which hears what this machine sends there (packet(7)). The
/// kernel lets through only what is sought or a question of DNS, and keeps it until somebody looks: no
/// thread, and where more comes than there is room for, the first ones are there.
#pragma once

#include "port/place.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace eligate::linux_adapter {

class PacketWatcher final : public port::LineWatcher {
  public:
    /// Needs CAP_NET_RAW.
    base::Result<std::unique_ptr<port::LineWatch>> watch(const port::LeakSought& sought) override;
};

/// The name in the question of a DNS message, in lower case and without its last dot. Nothing if there is
/// none, or if it is an answer where a question is sought, or the other way round; the bytes may come from
/// anybody.
std::optional<std::string> name_in(std::span<const std::uint8_t> message, bool answer);

/// Source, destination and, of UDP to or from port 53, the DNS message of an IP packet. The bytes may come
/// from anybody.
struct PacketSeen {
    std::optional<net::Address> source;
    std::optional<net::Address> destination;
    std::span<const std::uint8_t> dns;
};
PacketSeen packet_seen(std::span<const std::uint8_t> packet);

} // namespace eligate::linux_adapter
