// SPDX-License-Identifier: Apache-2.0
#include "profile/utf8.hpp"

#include <fmt/format.h>

namespace eligate::profile {
namespace {

constexpr std::size_t longest_shown = 80;

unsigned byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

/// Bytes of the character that starts with `first`, 0 if none does.
std::size_t length_of(unsigned first) {
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

} // namespace

std::optional<Character> first_character(std::string_view text) {
    const auto length = length_of(byte_at(text, 0));
    if (length == 0 || length > text.size())
        return std::nullopt;
    if (length == 1)
        return Character{.value = byte_at(text, 0), .bytes = 1};
    char32_t value = byte_at(text, 0) & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, i) & 0xc0U) != 0x80)
            return std::nullopt;
        value = value << 6U | (byte_at(text, i) & 0x3fU);
    }
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff)
        return std::nullopt;
    return Character{.value = value, .bytes = length};
}

std::size_t count_characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count)
        text.remove_prefix(first_character(text).value_or(Character{}).bytes);
    return count;
}

void append_character(std::string& text, char32_t character) {
    const auto tail = [&](unsigned shift) {
        text += static_cast<char>(0x80U | ((character >> shift) & 0x3fU));
    };
    if (character < 0x80) {
        text += static_cast<char>(character);
    } else if (character < 0x800) {
        text += static_cast<char>(0xc0U | (character >> 6U));
        tail(0);
    } else if (character < 0x10000) {
        text += static_cast<char>(0xe0U | (character >> 12U));
        tail(6);
        tail(0);
    } else {
        text += static_cast<char>(0xf0U | (character >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

bool is_hidden(char32_t character) {
    return (character < 0x20 && character != '\t' && character != '\n') ||
           (character >= 0x7f && character <= 0x9f) || character == 0xad || character == 0x61c ||
           character == 0x180e || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2060 && character <= 0x206f) ||
           character == 0xfeff || (character >= 0xfff9 && character <= 0xfffb) ||
           (character >= 0xe0000 && character <= 0xe007f);
}

bool is_full_width(char32_t character) {
    return character == 0x3000 || (character >= 0xff01 && character <= 0xff5e) ||
           (character >= 0x2018 && character <= 0x201f);
}

std::string shown(std::string_view text) {
    std::string out;
    std::size_t count = 0;
    while (!text.empty()) {
        if (++count > longest_shown)
            return out + "…";
        const auto character = first_character(text);
        if (!character)
            out += fmt::format("<{:02X}>", byte_at(text, 0));
        else if (is_hidden(character->value) || character->value < 0x20)
            out += fmt::format("<U+{:04X}>", static_cast<unsigned>(character->value));
        else
            out += text.substr(0, character->bytes);
        text.remove_prefix(character ? character->bytes : 1);
    }
    return out;
}

} // namespace eligate::profile
