// SPDX-License-Identifier: Apache-2.0
#include "ipsec/distinguished_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace eligate::ipsec {
namespace {

struct RdnType {
    std::string_view written;
    /// How strongSwan's oid.txt names it when it prints.
    std::string_view printed;
};

// strongSwan 5.9.8, identification.c x501rdns. Left out: EN and UA, which its parser takes but whose printed
// name differs between releases.
constexpr auto rdn_types = std::to_array<RdnType>({
    {"ND", "ND"},
    {"UID", "UID"},
    {"DC", "DC"},
    {"CN", "CN"},
    {"SN", "SN"},
    {"serialNumber", "serialNumber"},
    {"C", "C"},
    {"L", "L"},
    {"ST", "ST"},
    {"STREET", "STREET"},
    {"O", "O"},
    {"OU", "OU"},
    {"T", "T"},
    {"D", "D"},
    {"postalAddress", "postalAddress"},
    {"postalCode", "postalCode"},
    {"N", "N"},
    {"G", "G"},
    {"I", "I"},
    {"dnQualifier", "dnQualifier"},
    {"dmdName", "dmdName"},
    {"pseudonym", "pseudonym"},
    {"ID", "ID"},
    {"employeeNumber", "employeeNumber"},
    {"E", "E"},
    {"Email", "E"},
    {"emailAddress", "E"},
    {"unstructuredName", "unstructuredName"},
    {"unstructuredAddress", "unstructuredAddress"},
});

// atodn's RDN_MAX.
constexpr std::size_t most_rdns = 20;
// An X.520 upper bound is 64 for most types; the widest (STREET, D) is 128 and more than enough.
constexpr std::size_t longest_value = 128;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

/// ASN.1 PrintableString and "@", "_", "&", without what charon takes as a separator, and without "*", which
/// alone would match any value.
bool is_value(std::string_view text) {
    constexpr std::string_view marks = " '()+-.:?@_&";
    return !text.empty() && text.size() <= longest_value && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

} // namespace

std::optional<std::string> canonical_dn(std::string_view text) {
    std::string out;
    std::size_t count = 0;
    for (std::size_t begin = 0; begin <= text.size(); ++count) {
        const auto end = std::min(text.find(',', begin), text.size());
        const auto part = text.substr(begin, end - begin);
        const auto equals = part.find('=');
        if (equals == std::string_view::npos || count == most_rdns)
            return std::nullopt;
        const auto name = trimmed(part.substr(0, equals));
        const auto value = trimmed(part.substr(equals + 1));
        const auto* const type =
            std::ranges::find_if(rdn_types, [&](const RdnType& known) { return same(known.written, name); });
        if (type == rdn_types.end() || !is_value(value))
            return std::nullopt;
        out += out.empty() ? "" : ", ";
        out += type->printed;
        out += '=';
        out += value;
        begin = end + 1;
    }
    return out;
}

} // namespace eligate::ipsec
