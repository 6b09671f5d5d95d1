// SPDX-License-Identifier: Apache-2.0
/// The provider profile: what everyone who buys from that VPN provider shares. It holds no secret; where the
/// site's own values belong it has placeholders ("{connection_id}").
#pragma once

#include "base/message.hpp"
#include "ipsec/connection.hpp"
#include "profile/fact.hpp"
#include "profile/located.hpp"
#include "profile/pattern.hpp"
#include "profile/settled.hpp"
#include "profile/toml.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eligate::profile {

/// text: typed into site.toml (or, if secret, secrets.toml). file: site.toml holds the path of a file.
enum class IntakeKind { text, file };

/// One thing that the provider's papers carry, in the papers' own words.
struct Intake {
    Located<std::string> key;
    base::LocalText label;
    /// Where on the papers it stands; both languages empty if the profile does not say.
    base::LocalText where;
    std::optional<Pattern> pattern;
    IntakeKind kind = IntakeKind::text;
    bool secret = false;
    bool required = true;
};

/// A string of the profile that may hold placeholders. The empty string means that it was not given.
using Template = Located<std::string>;

struct AuthTemplate {
    ipsec::AuthMethod method = ipsec::AuthMethod::psk;
    base::SourceSpan where;
    Template id;
    Template eap_id;
    /// Each of these is exactly one placeholder ("{psk}").
    Template secret;
    Template password;
    Template certificate;
    Template private_key;
    Template private_key_password;
    Template pkcs12;
    Template pkcs12_password;
    /// remote only: one placeholder, or the PEM text itself (a CA certificate is no secret).
    Template ca;
};

struct Provider {
    std::string file;
    Located<std::string> id;
    std::uint32_t revision = 0;
    Located<std::string> network;
    base::LocalText name;
    Support support;
    Fact fact;
    std::vector<Intake> intake;

    std::vector<Template> gateways;
    std::vector<Located<ipsec::Proposal>> ike_proposals;
    AuthTemplate local;
    AuthTemplate remote;

    std::vector<Located<ipsec::Proposal>> esp_proposals;
    AddressMode address = AddressMode::assigned;
    std::vector<Located<net::Prefix>> remote_ts;
    /// As written, or remote_ts where the profile leaves it out.
    std::vector<Located<net::Prefix>> destinations;
    std::vector<Located<net::Address>> dns_servers;
    /// Domains of the provider itself, beside those of the network.
    std::vector<Located<std::string>> domains;

    const Intake* find_intake(std::string_view key) const;
};

/// Reports everything that is wrong with the document as a provider profile, and hides in `document` a secret
/// that somebody wrote into it. The value is there only if nothing was an error.
std::optional<Provider> read_provider(Document& document, base::Diagnostics& diagnostics);

} // namespace eligate::profile
