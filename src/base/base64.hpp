// SPDX-License-Identifier: Apache-2.0
/// RFC 4648 base64 of secret bytes (swanctl.conf's `0s` form) without an intermediate copy that stays behind.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string_view>

namespace eligate::base {

Secret base64(std::string_view bytes);

/// Nothing for what base64() did not make.
std::optional<Secret> from_base64(std::string_view text);

} // namespace eligate::base
