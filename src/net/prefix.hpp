// SPDX-License-Identifier: Apache-2.0
/// An address prefix, and the questions one asks of several.
#pragma once

#include "net/address.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::net {

class Prefix {
  public:
    Prefix() = default;
    /// A whole address as a prefix of its own (/32 or /128).
    explicit Prefix(Address address)
        : m_address(address)
        , m_length(address.bits()) {}
    /// "10.20.0.0/16"; a bare address is its own prefix. Refuses host bits: "10.20.0.1/16" is a mistake that
    /// should be asked about, not corrected (without_host_bits() says what was probably meant).
    static std::optional<Prefix> parse(std::string_view text);
    /// What `text` would be with its host bits cleared; nothing if it is no prefix at all.
    static std::optional<Prefix> without_host_bits(std::string_view text);

    const Address& address() const { return m_address; }
    unsigned length() const { return m_length; }
    Family family() const { return m_address.family(); }
    std::string text() const;

    bool contains(const Address& address) const;
    bool contains(const Prefix& other) const;
    bool overlaps(const Prefix& other) const { return contains(other) || other.contains(*this); }

    auto operator<=>(const Prefix&) const = default;

    friend std::vector<Prefix> between(const Address& first, const Address& last);

  private:
    Prefix(Address address, unsigned length)
        : m_address(address)
        , m_length(length) {}
    Address m_address;
    unsigned m_length = 0;
};

/// The fewest prefixes that hold the addresses from `first` to `last`, both included, in order; none if they
/// are not of one family or the wrong way round.
std::vector<Prefix> between(const Address& first, const Address& last);

/// The same addresses in as few prefixes as can be, in order: none lies in another one.
std::vector<Prefix> merged(std::vector<Prefix> prefixes);

/// Whether every address of `inner` lies in one of `outer`.
bool covers(std::span<const Prefix> outer, const Prefix& inner);

/// The addresses of an IPv4 prefix that may be a host's, from the last one down, at most `most`: of a network
/// (/30 and shorter) neither its first address nor its last.
std::vector<Address> last_hosts(const Prefix& prefix, std::size_t most);
/// The same of a piece of a range, whose ends are no network's: without those whose last octet is 0 or 255.
std::vector<Address> last_addresses(const Prefix& prefix, std::size_t most);

/// "10.20.0.0/16, 10.30.0.0/16"
std::string text_of(std::span<const Prefix> prefixes);

} // namespace eligate::net
