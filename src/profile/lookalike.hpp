// SPDX-License-Identifier: Apache-2.0
/// What somebody most likely meant who typed with a Japanese input method, copied from a PDF, or read O for
/// 0.
#pragma once

#include "profile/pattern.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace eligate::profile {

/// Full-width letters and digits, the many dashes, Cyrillic and Greek twins of Latin letters as plain ASCII;
/// invisible characters and blanks at both ends gone.
std::string plain(std::string_view text);

/// plain(text), if that is something else than `text` and `fits`.
std::optional<std::string> likely(std::string_view text, const std::function<bool(std::string_view)>& fits);

/// The value that the pattern allows and that differs only by look-alikes (O and 0, l and 1, …) or by
/// capitals.
std::optional<std::string> likely(std::string_view text, const Pattern& pattern);

/// The first character that is not what it seems: not ASCII, hidden, or a blank at an end. As bytes.
struct Oddity {
    std::size_t offset = 0;
    std::size_t bytes = 1;
    enum class Kind { blank, full_width, other } kind = Kind::other;
};
std::optional<Oddity> first_oddity(std::string_view text);

} // namespace eligate::profile
