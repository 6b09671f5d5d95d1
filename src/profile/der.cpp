// SPDX-License-Identifier: Apache-2.0
#include "profile/der.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace eligate::profile {

X509Ptr certificate_of(std::string_view der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    return X509Ptr(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
}

std::string der_of(X509* certificate) {
    std::string der(static_cast<std::size_t>(std::max(0, i2d_X509(certificate, nullptr))), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(certificate, &out);
    return der;
}

void add_intermediate(std::vector<std::string>& chain, X509* certificate) {
    if (X509_self_signed(certificate, 0) != 1)
        chain.push_back(der_of(certificate));
}

base::Secret pkcs8_of(const EVP_PKEY* key) {
    const Pkcs8Ptr info(EVP_PKEY2PKCS8(key));
    std::vector<std::uint8_t> der(
        static_cast<std::size_t>(std::max(0, i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr))));
    auto* out = der.data();
    i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out);
    base::Secret secret{std::span<const std::uint8_t>(der)};
    base::wipe({reinterpret_cast<char*>(der.data()), der.size()});
    return secret;
}

} // namespace eligate::profile
