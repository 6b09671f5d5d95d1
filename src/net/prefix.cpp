// SPDX-License-Identifier: Apache-2.0
#include "net/prefix.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace eligate::net {
namespace {

struct Parts {
    Address address;
    unsigned length;
};

std::optional<Parts> split(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address)
        return std::nullopt;
    if (slash == std::string_view::npos)
        return Parts{*address, address->bits()};
    const auto digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    const bool leading_zero = digits.size() > 1 && digits.front() == '0';
    if (error != std::errc() || end != digits.data() + digits.size() || length > address->bits() ||
        leading_zero)
        return std::nullopt;
    return Parts{*address, length};
}

Address masked(const Address& address, unsigned length) {
    std::array<std::uint8_t, 16> bytes{};
    const auto source = address.bytes();
    for (std::size_t i = 0; i < source.size(); ++i) {
        const auto kept = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
        bytes[i] = static_cast<std::uint8_t>(source[i] & (0xff00U >> static_cast<unsigned>(kept)));
    }
    return *Address::from_bytes({bytes.data(), source.size()});
}

/// Two halves with the same parent, in order, make the parent.
std::optional<Prefix> joined(const Prefix& a, const Prefix& b) {
    if (a.family() != b.family() || a.length() != b.length() || a.length() == 0)
        return std::nullopt;
    const auto parent = Prefix::without_host_bits(a.address().text() + "/" + std::to_string(a.length() - 1));
    return parent && parent->contains(b) && a != b ? parent : std::nullopt;
}

} // namespace

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto parts = split(text);
    if (!parts || masked(parts->address, parts->length) != parts->address)
        return std::nullopt;
    return Prefix(parts->address, parts->length);
}

std::optional<Prefix> Prefix::without_host_bits(std::string_view text) {
    const auto parts = split(text);
    if (!parts)
        return std::nullopt;
    return Prefix(masked(parts->address, parts->length), parts->length);
}

std::string Prefix::text() const {
    return m_address.text() + "/" + std::to_string(m_length);
}

bool Prefix::contains(const Address& address) const {
    return address.family() == family() && masked(address, m_length) == m_address;
}

bool Prefix::contains(const Prefix& other) const {
    return other.m_length >= m_length && contains(other.m_address);
}

bool covers(std::span<const Prefix> outer, const Prefix& inner) {
    std::vector<Prefix> merged(outer.begin(), outer.end());
    // Join neighbours until nothing changes: 10.0.0.0/9 and 10.128.0.0/9 together cover 10.0.0.0/8.
    for (bool changed = true; changed;) {
        changed = false;
        std::ranges::sort(merged);
        for (std::size_t i = 0; i + 1 < merged.size() && !changed; ++i) {
            if (merged[i].contains(merged[i + 1])) {
                merged.erase(merged.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                changed = true;
            } else if (const auto parent = joined(merged[i], merged[i + 1])) {
                merged[i] = *parent;
                merged.erase(merged.begin() + static_cast<std::ptrdiff_t>(i) + 1);
                changed = true;
            }
        }
    }
    return std::ranges::any_of(merged, [&](const Prefix& p) { return p.contains(inner); });
}

std::string text_of(std::span<const Prefix> prefixes) {
    std::string out;
    for (const auto& prefix : prefixes)
        out += (out.empty() ? "" : ", ") + prefix.text();
    return out;
}

} // namespace eligate::net
