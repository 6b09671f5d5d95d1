// SPDX-License-Identifier: Apache-2.0
#include "profile/certificate.hpp"

#include "profile/der.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <utility>

namespace eligate::profile {
namespace {

// Far more than any chain of a VPN provider.
constexpr std::size_t most_certificates = 8;

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

BioPtr reader_of(std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// What OpenSSL's PEM readers ask for a password; remembers that they asked.
struct Asked {
    const base::Secret* password = nullptr;
    bool asked = false;
};

int give_password(char* buffer, int size, int /*writing*/, void* user) {
    auto& asked = *static_cast<Asked*>(user);
    asked.asked = true;
    if (asked.password == nullptr || asked.password->size() > static_cast<std::size_t>(size))
        return -1;
    const auto bytes = asked.password->expose();
    std::memcpy(buffer, bytes.data(), bytes.size());
    return static_cast<int>(bytes.size());
}

/// A certificate that was read keeps an error of the end of its file in OpenSSL's queue; nobody else's
/// business.
struct ErrorQueue {
    ErrorQueue() { ERR_clear_error(); }
    ErrorQueue(const ErrorQueue&) = delete;
    ErrorQueue& operator=(const ErrorQueue&) = delete;
    ErrorQueue(ErrorQueue&&) = delete;
    ErrorQueue& operator=(ErrorQueue&&) = delete;
    ~ErrorQueue() { ERR_clear_error(); }
};

/// "C=JP, O=Example Net, CN=gw", as strongSwan and the profiles write it.
std::string name_text(const X509_NAME* name) {
    const BioPtr out(BIO_new(BIO_s_mem()));
    constexpr unsigned long flags =
        XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN | ASN1_STRFLGS_UTF8_CONVERT | ASN1_STRFLGS_ESC_CTRL;
    X509_NAME_print_ex(out.get(), name, 0, flags);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(std::max(0L, size))};
}

Time time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1)
        return {};
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

} // namespace

std::expected<std::vector<std::string>, KeyFileFault> read_certificates(const base::Secret& file) {
    const ErrorQueue queue;
    const auto text = file.expose();
    std::vector<std::string> list;
    if (text.find("-----BEGIN") == std::string_view::npos) {
        const auto certificate = certificate_of(text);
        if (!certificate)
            return std::unexpected(KeyFileFault::unreadable);
        list.push_back(der_of(certificate.get()));
        return list;
    }
    const auto reader = reader_of(text);
    while (const X509Ptr certificate{PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)}) {
        if (list.size() == most_certificates)
            return std::unexpected(KeyFileFault::too_large);
        list.push_back(der_of(certificate.get()));
    }
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (list.empty())
        return std::unexpected(ended ? KeyFileFault::no_certificate : KeyFileFault::unreadable);
    return ended ? std::expected<std::vector<std::string>, KeyFileFault>(std::move(list))
                 : std::unexpected(KeyFileFault::unreadable);
}

std::expected<base::Secret, KeyFileFault> read_private_key(const base::Secret& file,
                                                           const base::Secret* password) {
    const ErrorQueue queue;
    const auto text = file.expose();
    const auto reader = reader_of(text);
    Asked asked{.password = password, .asked = false};
    const bool pem = text.find("-----BEGIN") != std::string_view::npos;
    KeyPtr key(pem ? PEM_read_bio_PrivateKey(reader.get(), nullptr, give_password, &asked)
                   : d2i_PrivateKey_bio(reader.get(), nullptr));
    if (!key && !pem) {
        const auto again = reader_of(text);
        key.reset(d2i_PKCS8PrivateKey_bio(again.get(), nullptr, give_password, &asked));
    }
    if (key)
        return pkcs8_of(key.get());
    if (asked.asked)
        return std::unexpected(password == nullptr ? KeyFileFault::password_missing
                                                   : KeyFileFault::password_wrong);
    const bool other = pem && text.find("PRIVATE KEY-----") == std::string_view::npos;
    return std::unexpected(other ? KeyFileFault::no_private_key : KeyFileFault::unreadable);
}

CertificateFacts facts_of(std::string_view der) {
    const ErrorQueue queue;
    const auto certificate = certificate_of(der);
    CertificateFacts facts;
    if (!certificate)
        return facts;
    facts.subject = name_text(X509_get_subject_name(certificate.get()));
    facts.not_before = time_of(X509_get0_notBefore(certificate.get()));
    facts.not_after = time_of(X509_get0_notAfter(certificate.get()));
    facts.authority = (X509_get_extension_flags(certificate.get()) & (EXFLAG_BCONS | EXFLAG_CA)) ==
                      (EXFLAG_BCONS | EXFLAG_CA);
    facts.self_signed = X509_self_signed(certificate.get(), 0) == 1;
    if (const auto* const key = X509_get0_pubkey(certificate.get()))
        facts.security_bits = EVP_PKEY_get_security_bits(key);
    int digest = NID_undef;
    int bits = 0;
    X509_get_signature_info(certificate.get(), &digest, nullptr, &bits, nullptr);
    facts.weak_signature = bits < 80 || digest == NID_sha1 || digest == NID_md5;
    return facts;
}

bool belongs_together(std::string_view certificate_der, const base::Secret& private_key) {
    const ErrorQueue queue;
    const auto certificate = certificate_of(certificate_der);
    const auto* bytes = bytes_of(private_key.expose());
    const KeyPtr key(d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(private_key.size())));
    return certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
}

} // namespace eligate::profile
