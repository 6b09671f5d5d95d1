// SPDX-License-Identifier: Apache-2.0
#include "net/address.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace eligate::net {

std::optional<Address> Address::parse(std::string_view text) {
    // INET6_ADDRSTRLEN bounds every valid text; inet_pton needs the terminating zero a view lacks.
    if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos)
        return std::nullopt;
    const std::string zero_ended(text);
    Address address;
    if (::inet_pton(AF_INET, zero_ended.c_str(), address.m_bytes.data()) == 1)
        return address;
    address.m_bytes = {};
    address.m_family = Family::ipv6;
    if (::inet_pton(AF_INET6, zero_ended.c_str(), address.m_bytes.data()) == 1)
        return address;
    return std::nullopt;
}

std::optional<Address> Address::from_bytes(std::span<const std::uint8_t> bytes) {
    if (bytes.size() != 4 && bytes.size() != 16)
        return std::nullopt;
    Address address;
    address.m_family = bytes.size() == 4 ? Family::ipv4 : Family::ipv6;
    std::ranges::copy(bytes, address.m_bytes.begin());
    return address;
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    ::inet_ntop(m_family == Family::ipv4 ? AF_INET : AF_INET6, m_bytes.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::string Endpoint::text() const {
    const auto host = address.family() == Family::ipv6 ? "[" + address.text() + "]" : address.text();
    return host + ":" + std::to_string(port);
}

} // namespace eligate::net
