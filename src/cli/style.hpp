// SPDX-License-Identifier: Apache-2.0
/// How one stream shows things to a person: which language, with or without colour, how wide.
#pragma once

#include "base/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace eligate::cli {

/// What a colour means; which one it is stands in one place.
enum class Tone { good, bad, warning, quiet, strong };

struct Style {
    base::Language language = base::Language::en;
    bool colour = false;
    std::size_t columns = 80;

    /// The text in the person's language, with nothing in it that could talk to the terminal.
    std::string say(const base::Message& message) const;
    std::string say(const base::LocalText& text) const;
    std::string paint(Tone tone, std::string_view text) const;
};

} // namespace eligate::cli
