// SPDX-License-Identifier: Apache-2.0
/// OpenSSL's objects as DER. Internal to reading certificates.
#pragma once

#include "base/secret.hpp"
#include "profile/openssl.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

X509Ptr certificate_of(std::string_view der);
std::string der_of(X509* certificate);
/// Behind our own certificate: charon trusts every CA it is given, so one that vouches for itself stays out,
/// and only what the profile names as ca vouches for the gateway.
void add_intermediate(std::vector<std::string>& chain, X509* certificate);
/// PKCS#8, unencrypted.
base::Secret pkcs8_of(const EVP_PKEY* key);

} // namespace eligate::profile
