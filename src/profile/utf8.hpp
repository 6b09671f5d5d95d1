// SPDX-License-Identifier: Apache-2.0
/// Characters of UTF-8 text, bounded and without surprises.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eligate::profile {

struct Character {
    char32_t value = 0;
    std::size_t bytes = 1;
};

/// The first character of a text that is not empty; nothing if its bytes are not valid UTF-8 (RFC 3629: no
/// overlong form, no surrogate, nothing above U+10FFFF).
std::optional<Character> first_character(std::string_view text);

/// Characters, invalid bytes counted as one each.
std::size_t count_characters(std::string_view text);

void append_character(std::string& text, char32_t character);

/// C0 except tab and line feed, DEL, C1, and what reorders or hides text: bidirectional controls, zero-width
/// characters, byte order marks, line and paragraph separators. None has a place in a file of ours.
bool is_hidden(char32_t character);

/// Full-width letters and marks, the ideographic space and curly quotes: what a Japanese input method leaves.
bool is_full_width(char32_t character);

/// For repeating in a message: what is hidden is written as U+XXXX, and long text is cut.
std::string shown(std::string_view text);

} // namespace eligate::profile
