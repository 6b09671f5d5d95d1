// SPDX-License-Identifier: Apache-2.0
/// Bytes that must not be seen: cannot be printed, are compared in constant time, and are wiped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string_view>
#include <vector>

namespace eligate::base {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string_view bytes);
    explicit Secret(std::span<const std::uint8_t> bytes);
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(const Secret& other);
    Secret& operator=(Secret&& other) noexcept;
    ~Secret();

    bool empty() const { return m_bytes.empty(); }
    std::size_t size() const { return m_bytes.size(); }
    /// The bytes, for the one call that needs them; the view ends with this object.
    std::string_view expose() const;
    /// Takes time that depends on the sizes only.
    bool operator==(const Secret& other) const;
    /// Appends; the old buffer is wiped when it has to move.
    void append(std::string_view bytes);

  private:
    void wipe() noexcept;
    std::vector<std::uint8_t> m_bytes;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

/// Overwrites a buffer that held a secret on its way here (a file's text), in a way no optimiser removes.
void wipe(std::span<char> bytes) noexcept;

} // namespace eligate::base
