// SPDX-License-Identifier: Apache-2.0
/// Texts whose letters are ASCII's, whatever the locale: host names (RFC 4343) and the keys of files.
#pragma once

#include <string>
#include <string_view>

namespace eligate::base {

/// Without capitals. Bytes that are no ASCII letter stay as they are.
std::string lowered(std::string_view text);

} // namespace eligate::base
