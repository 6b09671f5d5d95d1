// SPDX-License-Identifier: Apache-2.0
#include "appliance/credentials.hpp"

#include "catalog/catalog.hpp"
#include "vici/connection_message.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <fmt/format.h>

#include <array>
#include <memory>

namespace eligate::appliance {
namespace {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using PubkeyPtr = std::unique_ptr<X509_PUBKEY, Freed<X509_PUBKEY_free>>;

const unsigned char* bytes_of(std::string_view text) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): OpenSSL wants unsigned bytes
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hex(std::span<const unsigned char> bytes) {
    std::string out;
    for (const auto byte : bytes)
        out += fmt::format("{:02x}", byte);
    return out;
}

base::Unexpected unreadable(const char* what) {
    return base::fail(
        catalog::code::unreadable_credential,
        base::msg(N_("a certificate or key from the papers cannot be read ({what})"), {{"what", what}}));
}

/// charon's name for a key: SHA-1 over the subjectPublicKey bits (RFC 5280 section 4.2.1.2, method 1).
base::Result<std::string> key_id_of(std::string_view der) {
    const auto* at = bytes_of(der);
    const KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
    X509_PUBKEY* raw = nullptr;
    if (!key || X509_PUBKEY_set(&raw, key.get()) != 1)
        return unreadable("private key");
    const PubkeyPtr pubkey(raw);
    const unsigned char* bits = nullptr;
    int length = 0;
    X509_PUBKEY_get0_param(nullptr, &bits, &length, nullptr, pubkey.get());
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(bits, static_cast<std::size_t>(length), digest.data());
    return hex(digest);
}

base::Result<std::string> subject_of(std::string_view der) {
    const auto* at = bytes_of(der);
    const X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!certificate)
        return unreadable("CA certificate");
    unsigned char* encoded = nullptr;
    const int length = i2d_X509_NAME(X509_get_subject_name(certificate.get()), &encoded);
    if (length <= 0)
        return unreadable("CA certificate");
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast)
    std::string subject(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
    OPENSSL_free(encoded);
    return subject;
}

struct Fill {
    const profile::Settled& settled;
    Credentials& credentials;

    base::Result<> operator()(const profile::PskCredential& c) const {
        credentials.secrets.push_back({.id = "ike-eligate",
                                       .type = plan::SharedType::ike,
                                       .owners = {settled.local.id.text(), settled.remote.id.text()},
                                       .secret = c.psk});
        return {};
    }
    base::Result<> operator()(const profile::EapCredential& c) const {
        credentials.secrets.push_back({.id = "eap-eligate",
                                       .type = plan::SharedType::eap,
                                       .owners = {vici::eap_identity(settled.local)},
                                       .secret = c.password});
        return {};
    }
    base::Result<> operator()(const profile::CertificateCredential& c) const {
        ELIGATE_TRY_ASSIGN(auto key_id, key_id_of(c.private_key.expose()));
        credentials.private_key = plan::PrivateKey{.key_id = std::move(key_id), .der = c.private_key};
        credentials.certificates = c.chain;
        return {};
    }
};

std::string fingerprint_of(const Credentials& credentials) {
    const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> digest(EVP_MD_CTX_new());
    EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr);
    const auto add = [&](std::string_view part) {
        const auto size = static_cast<std::uint64_t>(part.size());
        EVP_DigestUpdate(digest.get(), &size, sizeof size);
        EVP_DigestUpdate(digest.get(), part.data(), part.size());
    };
    for (const auto& secret : credentials.secrets)
        add(secret.secret.expose());
    if (credentials.private_key)
        add(credentials.private_key->der.expose());
    for (const auto& certificate : credentials.certificates)
        add(certificate);
    for (const auto& authority : credentials.authorities)
        add(authority.der);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> out{};
    EVP_DigestFinal_ex(digest.get(), out.data(), nullptr);
    return hex(out);
}

} // namespace

base::Result<Credentials> credentials_of(const profile::Settled& settled) {
    Credentials credentials;
    ELIGATE_TRY(std::visit(Fill{.settled = settled, .credentials = credentials}, settled.credential));
    for (const auto& der : settled.gateway_authorities)
        credentials.authorities.push_back(
            {.name = "eligate-ca-" + std::to_string(credentials.authorities.size() + 1), .der = der});
    if (!settled.gateway_authorities.empty()) {
        ELIGATE_TRY_ASSIGN(credentials.authority_subject, subject_of(settled.gateway_authorities.front()));
    }
    credentials.fingerprint = fingerprint_of(credentials);
    return credentials;
}

} // namespace eligate::appliance
