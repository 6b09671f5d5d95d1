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

/// The last address of the prefix of this length that begins with `first`.
Address last_of(const Address& first, unsigned length) {
    std::array<std::uint8_t, 16> bytes{};
    const auto source = first.bytes();
    for (std::size_t i = 0; i < source.size(); ++i) {
        const auto kept = std::clamp(static_cast<int>(length) - static_cast<int>(8 * i), 0, 8);
        bytes[i] = static_cast<std::uint8_t>(source[i] | (0xffU >> static_cast<unsigned>(kept)));
    }
    return *Address::from_bytes({bytes.data(), source.size()});
}

/// Nothing behind the very last one.
std::optional<Address> next(const Address& address) {
    std::array<std::uint8_t, 16> bytes{};
    const auto source = address.bytes();
    std::ranges::copy(source, bytes.begin());
    for (auto i = source.size(); i-- > 0;)
        if (++bytes[i] != 0)
            return Address::from_bytes({bytes.data(), source.size()});
    return std::nullopt;
}

/// Two halves with the same parent, in order, make the parent.
std::optional<Prefix> joined(const Prefix& a, const Prefix& b) {
    if (a.family() != b.family() || a.length() != b.length() || a.length() == 0)
        return std::nullopt;
    const auto parent = Prefix::without_host_bits(a.address().text() + "/" + std::to_string(a.length() - 1));
    return parent && parent->contains(b) && a != b ? parent : std::nullopt;
}

/// Of an IPv4 prefix.
std::pair<std::uint64_t, std::uint64_t> ends_of(const Prefix& prefix) {
    std::uint64_t first = 0;
    for (const auto byte : prefix.address().bytes())
        first = (first << 8U) | byte;
    return {first, first + (std::uint64_t{1} << (prefix.address().bits() - prefix.length())) - 1};
}

bool any_address(std::uint64_t /*number*/) {
    return true;
}

/// Most networks end there.
bool usual_host(std::uint64_t number) {
    return (number & 0xffU) != 0 && (number & 0xffU) != 0xffU;
}

std::vector<Address> from_the_last(std::uint64_t first, std::uint64_t last, std::size_t most,
                                   bool (*is_wanted)(std::uint64_t)) {
    std::vector<Address> addresses;
    for (auto number = last; number >= first && addresses.size() < most; --number) {
        const std::array<std::uint8_t, 4> bytes{
            static_cast<std::uint8_t>(number >> 24U), static_cast<std::uint8_t>(number >> 16U),
            static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)};
        if (is_wanted(number))
            addresses.push_back(Address::from_bytes(bytes).value_or(Address{}));
        if (number == 0)
            break;
    }
    return addresses;
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

std::vector<Prefix> between(const Address& first, const Address& last) {
    std::vector<Prefix> prefixes;
    if (first.family() != last.family())
        return prefixes;
    // Always the largest prefix that begins here and does not go beyond the end.
    for (auto begin = std::optional(first); begin && *begin <= last;) {
        auto length = begin->bits();
        while (length > 0 && masked(*begin, length - 1) == *begin && last_of(*begin, length - 1) <= last)
            --length;
        prefixes.push_back(Prefix(*begin, length));
        begin = next(last_of(*begin, length));
    }
    return prefixes;
}

std::vector<Prefix> merged(std::vector<Prefix> prefixes) {
    // Join neighbours until nothing changes: 10.0.0.0/9 and 10.128.0.0/9 together are 10.0.0.0/8.
    std::ranges::sort(prefixes);
    std::vector<Prefix> list;
    for (const auto& prefix : prefixes) {
        if (!list.empty() && list.back().contains(prefix))
            continue;
        list.push_back(prefix);
        while (list.size() > 1) {
            const auto parent = joined(list[list.size() - 2], list.back());
            if (!parent)
                break;
            list.pop_back();
            list.back() = *parent;
        }
    }
    return list;
}

bool covers(std::span<const Prefix> outer, const Prefix& inner) {
    return std::ranges::any_of(merged({outer.begin(), outer.end()}),
                               [&](const Prefix& prefix) { return prefix.contains(inner); });
}

std::vector<Address> last_hosts(const Prefix& prefix, std::size_t most) {
    if (prefix.family() != Family::ipv4)
        return {};
    constexpr unsigned shortest_without_ends = 31;
    const auto [first, last] = ends_of(prefix);
    const std::uint64_t end = prefix.length() < shortest_without_ends ? 1 : 0;
    return from_the_last(first + end, last - end, most, any_address);
}

std::vector<Address> last_addresses(const Prefix& prefix, std::size_t most) {
    if (prefix.family() != Family::ipv4)
        return {};
    const auto [first, last] = ends_of(prefix);
    return from_the_last(first, last, most, usual_host);
}

std::string text_of(std::span<const Prefix> prefixes) {
    std::string out;
    for (const auto& prefix : prefixes)
        out += (out.empty() ? "" : ", ") + prefix.text();
    return out;
}

} // namespace eligate::net
