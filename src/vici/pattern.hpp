// SPDX-License-Identifier: Apache-2.0
/// charon's format strings as patterns. Only for the files of this room.
#pragma once

#include <string_view>

namespace eligate::vici {

/// Whether the whole of `text` is `pattern`, in which each '%' stands for any text, also none. Linear in
/// memory and at worst quadratic in time, whatever a peer's words contain.
bool matches(std::string_view pattern, std::string_view text);

} // namespace eligate::vici
