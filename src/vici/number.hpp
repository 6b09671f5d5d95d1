// SPDX-License-Identifier: Apache-2.0
/// Numbers in charon's messages, which are decimal or hexadecimal texts. Only for the files of this room.
#pragma once

#include "vici/message.hpp"

#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

namespace eligate::vici {

/// Nothing unless the whole text is one number that fits.
template <class T>
std::optional<T> number_of(std::string_view text, int base = 10) {
    T number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

template <class T>
T number_or(const Message& message, std::string_view path, T otherwise, int base = 10) {
    return number_of<T>(message.value(path).value_or(""), base).value_or(otherwise);
}

inline std::optional<std::chrono::seconds> seconds_of(const Message& message, std::string_view path) {
    const auto count = number_of<std::int64_t>(message.value(path).value_or(""));
    return count ? std::optional(std::chrono::seconds(*count)) : std::nullopt;
}

} // namespace eligate::vici
