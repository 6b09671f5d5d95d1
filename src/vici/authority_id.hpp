// SPDX-License-Identifier: Apache-2.0
/// The identity by which a connection names the one authority that may vouch for its gateway. Without it any
/// authority that charon trusts will do, also one that was loaded for somebody else's connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eligate::vici {

/// The subject of a DER certificate, byte for byte ("asn1dn:#3031…"), for Certificates::authority. Nothing if
/// it is no certificate, or the subject is longer than charon's buffer.
std::optional<std::string> authority_id(std::string_view der);

} // namespace eligate::vici
