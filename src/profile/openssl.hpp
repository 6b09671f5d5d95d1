// SPDX-License-Identifier: Apache-2.0
/// Ownership of OpenSSL's objects. Internal to reading certificates.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace eligate::profile {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};

inline void release_certificates(STACK_OF(X509) * stack) {
    sk_X509_pop_free(stack, X509_free);
}

using BioPtr = std::unique_ptr<BIO, Release<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Release<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Release<PKCS8_PRIV_KEY_INFO_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Release<PKCS12_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Release<X509_NAME_free>>;
using AltNamesPtr = std::unique_ptr<GENERAL_NAMES, Release<GENERAL_NAMES_free>>;
using CertificatesPtr = std::unique_ptr<STACK_OF(X509), Release<release_certificates>>;

} // namespace eligate::profile
