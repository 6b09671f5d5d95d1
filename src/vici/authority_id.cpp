// SPDX-License-Identifier: Apache-2.0
#include "vici/authority_id.hpp"

#include <openssl/x509.h>

#include <fmt/format.h>

#include <memory>
#include <span>

namespace eligate::vici {
namespace {

// vici_config.c reads an identity into 512 bytes; "asn1dn:#" and two digits a byte have to fit.
constexpr std::size_t max_subject = (511 - 8) / 2;

struct FreeX509 {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

} // namespace

std::optional<std::string> authority_id(std::string_view der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<X509, FreeX509> certificate(
        d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
    if (!certificate)
        return std::nullopt;
    const unsigned char* subject = nullptr;
    std::size_t size = 0;
    if (X509_NAME_get0_der(X509_get_subject_name(certificate.get()), &subject, &size) != 1 ||
        size > max_subject)
        return std::nullopt;
    std::string id = "asn1dn:#";
    for (const unsigned char byte : std::span(subject, size))
        id += fmt::format("{:02x}", byte);
    return id;
}

} // namespace eligate::vici
