// SPDX-License-Identifier: Apache-2.0
/// Texts of the files that become values of the lower rooms: each parses, or says what is wrong with it.
#pragma once

#include "base/diagnostic.hpp"
#include "ipsec/identity.hpp"
#include "ipsec/proposal.hpp"
#include "net/prefix.hpp"
#include "profile/located.hpp"
#include "profile/public_suffix.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

/// `key` names the place in the message ("child.remote_ts"). Inside the tunnel is IPv4, so only that passes.
std::optional<net::Prefix> check_prefix(const Located<std::string>& text, std::string_view key,
                                        base::Diagnostics& diagnostics);
std::optional<net::Address> check_address(const Located<std::string>& text, std::string_view key,
                                          base::Diagnostics& diagnostics);
std::vector<Located<net::Prefix>> check_prefixes(const std::vector<Located<std::string>>& texts,
                                                 std::string_view key, base::Diagnostics& diagnostics);

std::optional<ipsec::Identity> check_identity(const Located<std::string>& text, std::string_view key,
                                              base::Diagnostics& diagnostics);

/// The user name inside EAP: printable ASCII without blanks, and not a wildcard.
bool check_eap_id(const Located<std::string>& text, base::Diagnostics& diagnostics);

/// Weak algorithms only warn.
std::optional<ipsec::Proposal> check_proposal(const Located<std::string>& text, ipsec::Protocol protocol,
                                              base::Diagnostics& diagnostics);

/// As people write it: a single address without its /32.
std::string short_text(const net::Prefix& prefix);

/// Whether names below this domain can all belong to the network behind the tunnel.
bool check_domain(const Located<std::string>& domain, const PublicSuffixes& suffixes,
                  base::Diagnostics& diagnostics);

/// Whether these destinations leave the clinic's internet alone and are addresses that can be reached at all.
void check_destinations(std::span<const Located<net::Prefix>> destinations, base::Diagnostics& diagnostics);

} // namespace eligate::profile
