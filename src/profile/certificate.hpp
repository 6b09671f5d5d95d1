// SPDX-License-Identifier: Apache-2.0
/// Certificates and keys from the provider's files: PEM, DER and PKCS#12 to what charon is given over VICI.
#pragma once

#include "base/secret.hpp"
#include "ipsec/identity.hpp"
#include "profile/disk.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

enum class KeyFileFault : std::uint8_t {
    /// Not a certificate, key or PKCS#12 at all, or damaged.
    unreadable,
    no_certificate,
    no_private_key,
    password_missing,
    password_wrong,
    /// PKCS#12 with more certificates or rounds of hashing than any real one has.
    too_large,
};

/// DER of each certificate in a PEM (one or more) or DER (one) text.
std::expected<std::vector<std::string>, KeyFileFault> read_certificates(const base::Secret& file);

/// PKCS#8 DER, unencrypted, of a PEM or DER key. `password` may be null.
std::expected<base::Secret, KeyFileFault> read_private_key(const base::Secret& file,
                                                           const base::Secret* password);

struct KeyAndChain {
    /// DER; the one that belongs to the key first.
    std::vector<std::string> chain;
    /// PKCS#8 DER, unencrypted.
    base::Secret private_key;
};
/// Old files encrypted with RC2 too, as long as OpenSSL's legacy provider is installed.
std::expected<KeyAndChain, KeyFileFault> read_pkcs12(const base::Secret& file, const base::Secret* password);

struct CertificateFacts {
    /// For people: "C=JP, O=Example Net, CN=gw".
    std::string subject;
    Time not_before;
    Time not_after;
    /// basicConstraints CA:TRUE; strongSwan vouches for nobody else.
    bool authority = false;
    bool self_signed = false;
    /// What the key withstands, in bits (RSA 2048 is 112).
    int security_bits = 0;
    /// Signed with MD5, SHA-1 or something unknown.
    bool weak_signature = false;
};
/// `der` must come from above.
CertificateFacts facts_of(std::string_view der);

/// Whether strongSwan finds the identity in it: the subject, or a subjectAltName of the same type. Never the
/// CN.
bool is_for(std::string_view der, const ipsec::Identity& identity);

bool belongs_together(std::string_view certificate_der, const base::Secret& private_key);

} // namespace eligate::profile
