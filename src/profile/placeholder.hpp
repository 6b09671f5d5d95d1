// SPDX-License-Identifier: Apache-2.0
/// "{connection_id}" in the strings of a profile.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

struct TemplatePart {
    /// The key of a placeholder, or the text between two.
    std::string_view text;
    bool placeholder = false;
    /// Byte of the template where the part begins (for a placeholder: its brace).
    std::size_t offset = 0;
};

/// Nothing if a brace is left open, closed without an opening one, or empty.
std::optional<std::vector<TemplatePart>> parts_of(std::string_view text);

/// The key, if the whole text is one placeholder.
std::optional<std::string> only_placeholder(std::string_view text);

/// The text with each placeholder replaced; nothing if `value_of` has none for one of them.
std::optional<std::string> fill(std::string_view text,
                                const std::function<std::optional<std::string>(std::string_view)>& value_of);

} // namespace eligate::profile
