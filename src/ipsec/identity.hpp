// SPDX-License-Identifier: Apache-2.0
/// An IKE identity (RFC 7296 section 3.5), always with its type spelled out: strongSwan guesses the type of
/// an untyped string, and "", "*" or "%any" would match everyone.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace eligate::ipsec {

enum class IdentityType { fqdn, email, ipv4, ipv6, asn1dn, key_id };

class Identity {
  public:
    /// "fqdn:gw.example.net", "email:a@b", "ipv4:192.0.2.1", "ipv6:…", "asn1dn:C=JP, O=…, CN=…", "keyid:abc".
    /// Refuses wildcards, an empty value, control characters, and a DN that does not parse
    /// (strongSwan silently turns a broken DN into a key id).
    static std::optional<Identity> parse(std::string_view text);

    IdentityType type() const { return m_type; }
    /// Without the type: "gw.example.net".
    const std::string& value() const { return m_value; }
    /// As swanctl.conf and VICI must have it. Not always the profile's notation: behind "ipv4:", "ipv6:" and
    /// "asn1dn:" strongSwan takes the bytes as they are, unparsed, so these go without a prefix, in a form
    /// that it can only read one way.
    std::string text() const;
    /// As charon prints it back in list-conns ("gw.example.net", "C=JP, O=…").
    std::string as_listed() const;

    auto operator<=>(const Identity&) const = default;

  private:
    IdentityType m_type = IdentityType::fqdn;
    std::string m_value;
};

} // namespace eligate::ipsec
