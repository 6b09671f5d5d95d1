// SPDX-License-Identifier: Apache-2.0
/// "Did you mean": the known word nearest to a mistyped one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace eligate::base {

/// Nothing if no word is near enough (more than a third of the letters differ). Compares at most the first 64
/// bytes, so hostile input costs nothing.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

} // namespace eligate::base
