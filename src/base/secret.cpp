// SPDX-License-Identifier: Apache-2.0
#include "base/secret.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace eligate::base {

Secret::Secret(std::string_view bytes)
    : m_bytes(bytes.begin(), bytes.end()) {}

Secret::Secret(std::span<const std::uint8_t> bytes)
    : m_bytes(bytes.begin(), bytes.end()) {}

Secret::Secret(Secret&& other) noexcept
    : m_bytes(std::exchange(other.m_bytes, {})) {}

Secret& Secret::operator=(const Secret& other) {
    if (this != &other) {
        wipe();
        m_bytes = other.m_bytes;
    }
    return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
    if (this != &other) {
        wipe();
        m_bytes = std::exchange(other.m_bytes, {});
    }
    return *this;
}

Secret::~Secret() {
    wipe();
}

std::string_view Secret::expose() const {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes as text for C interfaces
    return {reinterpret_cast<const char*>(m_bytes.data()), m_bytes.size()};
}

bool Secret::operator==(const Secret& other) const {
    return m_bytes.size() == other.m_bytes.size() &&
           CRYPTO_memcmp(m_bytes.data(), other.m_bytes.data(), m_bytes.size()) == 0;
}

void Secret::append(std::string_view bytes) {
    std::vector<std::uint8_t> longer;
    longer.reserve(m_bytes.size() + bytes.size());
    longer.insert(longer.end(), m_bytes.begin(), m_bytes.end());
    longer.insert(longer.end(), bytes.begin(), bytes.end());
    wipe();
    m_bytes = std::move(longer);
}

void Secret::wipe() noexcept {
    OPENSSL_cleanse(m_bytes.data(), m_bytes.size());
    m_bytes.clear();
}

void wipe(std::span<char> bytes) noexcept {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

} // namespace eligate::base
