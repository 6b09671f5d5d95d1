// SPDX-License-Identifier: Apache-2.0
/// A distinguished name in strongSwan's notation ("C=JP, O=Example, CN=AB12").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eligate::ipsec {

/// The name as charon prints it back: its own spelling of each type, ", " between the parts. Nothing if
/// charon would not read it as a DN, or would read something else than what is written: strongSwan knows no
/// escapes, so a value cannot hold a comma or a slash.
std::optional<std::string> canonical_dn(std::string_view text);

} // namespace eligate::ipsec
