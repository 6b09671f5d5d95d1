// SPDX-License-Identifier: Apache-2.0
#include "cli/style.hpp"

#include "cli/translation.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>

namespace eligate::cli {
namespace {

std::string_view sgr(Tone tone) {
    switch (tone) {
    case Tone::good:
        return "32";
    case Tone::bad:
        return "1;31";
    case Tone::warning:
        return "33";
    case Tone::quiet:
        return "2";
    case Tone::strong:
        return "1";
    }
    return "0";
}

} // namespace

std::string Style::say(const base::Message& message) const {
    return visible(base::format(message, language, translate));
}

std::string Style::say(const base::LocalText& text) const {
    return visible(language == base::Language::ja ? text.ja : text.en);
}

std::string Style::paint(Tone tone, std::string_view text) const {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", sgr(tone), text) : std::string(text);
}

} // namespace eligate::cli
