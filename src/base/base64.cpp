// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"

#include <openssl/evp.h>

#include <cstdint>
#include <vector>

namespace eligate::base {

Secret base64(std::string_view bytes) {
    std::vector<std::uint8_t> out((bytes.size() + 2) / 3 * 4 + 1);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL wants unsigned bytes
    const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
    const int length = EVP_EncodeBlock(out.data(), in, static_cast<int>(bytes.size()));
    Secret result(std::span<const std::uint8_t>(out.data(), static_cast<std::size_t>(length)));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    wipe({reinterpret_cast<char*>(out.data()), out.size()});
    return result;
}

std::optional<Secret> from_base64(std::string_view text) {
    if (text.size() % 4 != 0)
        return std::nullopt;
    std::vector<std::uint8_t> out(text.size() / 4 * 3);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL wants unsigned bytes
    const auto* in = reinterpret_cast<const unsigned char*>(text.data());
    if (EVP_DecodeBlock(out.data(), in, static_cast<int>(text.size())) < 0)
        return std::nullopt;
    const auto padding = text.ends_with("==") ? 2U : text.ends_with("=") ? 1U : 0U;
    Secret result(std::span<const std::uint8_t>(out.data(), out.size() - padding));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    wipe({reinterpret_cast<char*>(out.data()), out.size()});
    return result;
}

} // namespace eligate::base
