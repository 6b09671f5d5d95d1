// SPDX-License-Identifier: Apache-2.0
#include "net/address.hpp"
#include "profile/certificate.hpp"
#include "profile/der.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace eligate::profile {
namespace {

using ipsec::IdentityType;

std::string_view text_of(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

bool same_without_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

/// strongSwan's names for parts of a DN where OpenSSL's differ.
std::string openssl_name(std::string_view name) {
    constexpr auto others = std::to_array<std::pair<std::string_view, std::string_view>>({
        {"E", "emailAddress"},
        {"G", "GN"},
        {"T", "title"},
        {"D", "description"},
        {"N", "name"},
        {"I", "initials"},
        {"STREET", "street"},
        {"ID", "x500UniqueIdentifier"},
    });
    const auto* const found = std::ranges::find(others, name, &decltype(others)::value_type::first);
    return std::string(found == others.end() ? name : found->second);
}

/// The name of a canonical "C=JP, O=Example"; null if OpenSSL does not know one of its types.
NamePtr name_of(std::string_view dn) {
    NamePtr name(X509_NAME_new());
    for (std::size_t begin = 0; begin < dn.size();) {
        const auto end = std::min(dn.find(", ", begin), dn.size());
        const auto part = dn.substr(begin, end - begin);
        const auto equals = part.find('=');
        const auto value = part.substr(equals + 1);
        if (X509_NAME_add_entry_by_txt(name.get(), openssl_name(part.substr(0, equals)).c_str(),
                                       MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                       static_cast<int>(value.size()), -1, 0) != 1)
            return nullptr;
        begin = end + 2;
    }
    return name;
}

bool is_alternative(const GENERAL_NAME* name, const ipsec::Identity& identity) {
    switch (identity.type()) {
    case IdentityType::fqdn:
        return name->type == GEN_DNS && same_without_case(text_of(name->d.dNSName), identity.value());
    case IdentityType::email:
        return name->type == GEN_EMAIL && same_without_case(text_of(name->d.rfc822Name), identity.value());
    case IdentityType::ipv4:
    case IdentityType::ipv6: {
        if (name->type != GEN_IPADD)
            return false;
        const std::span bytes(ASN1_STRING_get0_data(name->d.iPAddress),
                              static_cast<std::size_t>(ASN1_STRING_length(name->d.iPAddress)));
        return net::Address::from_bytes(bytes) == net::Address::parse(identity.value());
    }
    case IdentityType::asn1dn:
    case IdentityType::key_id:
        return false;
    }
    return false;
}

} // namespace

bool is_for(std::string_view der, const ipsec::Identity& identity) {
    const auto certificate = certificate_of(der);
    if (!certificate)
        return false;
    bool found = false;
    if (identity.type() == IdentityType::asn1dn) {
        const auto name = name_of(identity.value());
        found = name && X509_NAME_cmp(name.get(), X509_get_subject_name(certificate.get())) == 0;
    } else {
        const AltNamesPtr names(static_cast<GENERAL_NAMES*>(
            X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
        for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
            found = found || is_alternative(sk_GENERAL_NAME_value(names.get(), i), identity);
    }
    ERR_clear_error();
    return found;
}

} // namespace eligate::profile
