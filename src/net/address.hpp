// SPDX-License-Identifier: Apache-2.0
/// An IPv4 or IPv6 address, without a zone.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eligate::net {

enum class Family { ipv4, ipv6 };

class Address {
  public:
    Address() = default;
    /// Dotted quad or RFC 4291 text, nothing else: no leading zeros, no "10.1", no zone.
    static std::optional<Address> parse(std::string_view text);
    /// 4 or 16 bytes in network order; nothing for any other length.
    static std::optional<Address> from_bytes(std::span<const std::uint8_t> bytes);

    Family family() const { return m_family; }
    /// 4 or 16 bytes in network order.
    std::span<const std::uint8_t> bytes() const {
        return {m_bytes.data(), m_family == Family::ipv4 ? 4U : 16U};
    }
    /// 32 or 128.
    unsigned bits() const { return m_family == Family::ipv4 ? 32 : 128; }
    std::string text() const;

    auto operator<=>(const Address&) const = default;

  private:
    Family m_family = Family::ipv4;
    std::array<std::uint8_t, 16> m_bytes{};
};

struct Endpoint {
    Address address;
    std::uint16_t port = 0;
    /// "192.0.2.1:500", "[2001:db8::1]:500".
    std::string text() const;
    auto operator<=>(const Endpoint&) const = default;
};

} // namespace eligate::net
