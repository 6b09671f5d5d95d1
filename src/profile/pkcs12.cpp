// SPDX-License-Identifier: Apache-2.0
#include "profile/certificate.hpp"
#include "profile/der.hpp"

#include <openssl/err.h>
#include <openssl/provider.h>

namespace eligate::profile {
namespace {

constexpr int most_certificates = 8;
// OpenSSL and Windows write 2048; the newest advice is some hundred thousand. More would only burn time.
constexpr long most_iterations = 2'000'000;

using LibraryPtr = std::unique_ptr<OSSL_LIB_CTX, Release<OSSL_LIB_CTX_free>>;
using ProviderPtr = std::unique_ptr<OSSL_PROVIDER, Release<OSSL_PROVIDER_unload>>;

/// A library context of our own with RC2 and its like, which many providers' files still use; the rest of the
/// process stays without them.
struct Legacy {
    LibraryPtr library{OSSL_LIB_CTX_new()};
    ProviderPtr standard{OSSL_PROVIDER_load(library.get(), "default")};
    ProviderPtr legacy{OSSL_PROVIDER_load(library.get(), "legacy")};
};

/// Zero-ended for OpenSSL, wiped at the end.
class Password {
  public:
    explicit Password(const base::Secret* secret) {
        if (secret != nullptr)
            m_text = *secret;
        m_text.append(std::string_view("\0", 1));
    }
    const char* get() const { return m_text.expose().data(); }

  private:
    base::Secret m_text;
};

bool too_many_iterations(const PKCS12* file) {
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, file);
    return iterations != nullptr && ASN1_INTEGER_get(iterations) > most_iterations;
}

std::expected<KeyAndChain, KeyFileFault> contents(PKCS12* file, const Password& password) {
    EVP_PKEY* raw_key = nullptr;
    X509* raw_certificate = nullptr;
    STACK_OF(X509)* raw_others = nullptr;
    if (PKCS12_parse(file, password.get(), &raw_key, &raw_certificate, &raw_others) != 1)
        return std::unexpected(KeyFileFault::unreadable);
    const KeyPtr key(raw_key);
    const X509Ptr certificate(raw_certificate);
    const CertificatesPtr others(raw_others);
    if (!key)
        return std::unexpected(KeyFileFault::no_private_key);
    if (!certificate)
        return std::unexpected(KeyFileFault::no_certificate);
    const int count = others ? sk_X509_num(others.get()) : 0;
    if (count > most_certificates)
        return std::unexpected(KeyFileFault::too_large);
    KeyAndChain found{.chain = {der_of(certificate.get())}, .private_key = pkcs8_of(key.get())};
    for (int i = 0; i < count; ++i)
        add_intermediate(found.chain, sk_X509_value(others.get(), i));
    return found;
}

} // namespace

std::expected<KeyAndChain, KeyFileFault> read_pkcs12(const base::Secret& file, const base::Secret* password) {
    const Legacy legacy;
    Pkcs12Ptr parsed(PKCS12_init_ex(NID_pkcs7_data, legacy.library.get(), nullptr));
    auto* target = parsed.release();
    const auto* bytes = reinterpret_cast<const unsigned char*>(file.expose().data());
    const bool understood = d2i_PKCS12(&target, &bytes, static_cast<long>(file.size())) != nullptr;
    // d2i frees and clears what it was given when it fails.
    parsed.reset(target);
    std::expected<KeyAndChain, KeyFileFault> result = std::unexpected(KeyFileFault::unreadable);
    if (understood && too_many_iterations(parsed.get())) {
        result = std::unexpected(KeyFileFault::too_large);
    } else if (understood) {
        const Password text(password);
        const bool opens = PKCS12_mac_present(parsed.get()) == 0 ||
                           PKCS12_verify_mac(parsed.get(), text.get(), -1) == 1 ||
                           (password == nullptr && PKCS12_verify_mac(parsed.get(), nullptr, 0) == 1);
        if (opens)
            result = contents(parsed.get(), text);
        else
            result = std::unexpected(password == nullptr ? KeyFileFault::password_missing
                                                         : KeyFileFault::password_wrong);
    }
    ERR_clear_error();
    return result;
}

} // namespace eligate::profile
