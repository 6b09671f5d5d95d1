// SPDX-License-Identifier: Apache-2.0
/// The names below which anybody can have one: "jp", "co.jp", "com" (publicsuffix.org).
#pragma once

#include <string_view>

namespace eligate::profile {

/// By the list that Debian's libpsl carries; a private top-level domain ("rece") is none. Case does not
/// matter.
bool is_public_suffix(std::string_view domain);

} // namespace eligate::profile
