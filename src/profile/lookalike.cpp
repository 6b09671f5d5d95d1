// SPDX-License-Identifier: Apache-2.0
#include "profile/lookalike.hpp"

#include "profile/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace eligate::profile {
namespace {

// Values are at most this long before anybody looks for what was meant.
constexpr std::size_t longest_value = 512;

using Twin = std::pair<char32_t, char>;

// Unicode confusables (UTS 39) that a Latin letter, digit or mark is mixed up with in practice.
constexpr auto twins = std::to_array<Twin>({
    {0x00a0, ' '},  {0x3000, ' '},  {0x2002, ' '}, {0x2003, ' '}, {0x2009, ' '}, {0x202f, ' '}, {0x2010, '-'},
    {0x2011, '-'},  {0x2012, '-'},  {0x2013, '-'}, {0x2014, '-'}, {0x2015, '-'}, {0x2212, '-'}, {0x30fc, '-'},
    {0xff70, '-'},  {0x2500, '-'},  {0x4e00, '-'}, {0x3001, ','}, {0x3002, '.'}, {0x30fb, '.'}, {0x00b7, '.'},
    {0x2018, '\''}, {0x2019, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x0410, 'A'}, {0x0412, 'B'}, {0x0415, 'E'},
    {0x041a, 'K'},  {0x041c, 'M'},  {0x041d, 'H'}, {0x041e, 'O'}, {0x0420, 'P'}, {0x0421, 'C'}, {0x0422, 'T'},
    {0x0425, 'X'},  {0x0430, 'a'},  {0x0435, 'e'}, {0x043e, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0443, 'y'},
    {0x0445, 'x'},  {0x0456, 'i'},  {0x0458, 'j'}, {0x0455, 's'}, {0x0391, 'A'}, {0x0392, 'B'}, {0x0395, 'E'},
    {0x0396, 'Z'},  {0x0397, 'H'},  {0x0399, 'I'}, {0x039a, 'K'}, {0x039c, 'M'}, {0x039d, 'N'}, {0x039f, 'O'},
    {0x03a1, 'P'},  {0x03a4, 'T'},  {0x03a5, 'Y'}, {0x03a7, 'X'}, {0x03bf, 'o'}, {0x03bd, 'v'},
});

// Read for each other on paper.
constexpr auto misread =
    std::to_array<std::string_view>({"0OoQD", "1lI|i", "2Zz", "5Ss", "8B", "6bG", "9gq", "-_", "uvUV"});

char32_t twin_of(char32_t character) {
    if (character >= 0xff01 && character <= 0xff5e)
        return character - 0xff01 + '!';
    const auto* const found = std::ranges::find(twins, character, &Twin::first);
    return found == twins.end() ? character : static_cast<unsigned char>(found->second);
}

char other_case(char c) {
    if (c >= 'a' && c <= 'z')
        return static_cast<char>(c - 'a' + 'A');
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string candidates_for(char c) {
    std::string candidates(1, other_case(c));
    for (const auto group : misread)
        if (group.find(c) != std::string_view::npos)
            candidates += group;
    return candidates;
}

/// How far into the value the pattern goes along.
std::size_t reach(const Pattern& pattern, std::string_view value) {
    return pattern.first_fault(value).value_or(value.size() + 1);
}

} // namespace

std::string plain(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto character = first_character(text).value_or(Character{.value = 0xfffd, .bytes = 1});
        text.remove_prefix(character.bytes);
        if (!is_hidden(character.value))
            append_character(out, twin_of(character.value));
    }
    const auto begin = out.find_first_not_of(" \t\n");
    if (begin == std::string::npos)
        return {};
    return out.substr(begin, out.find_last_not_of(" \t\n") - begin + 1);
}

std::optional<std::string> likely(std::string_view text, const std::function<bool(std::string_view)>& fits) {
    if (text.size() > longest_value)
        return std::nullopt;
    auto meant = plain(text);
    return meant != text && fits(meant) ? std::optional(std::move(meant)) : std::nullopt;
}

std::optional<std::string> likely(std::string_view text, const Pattern& pattern) {
    if (text.size() > longest_value)
        return std::nullopt;
    auto value = plain(text);
    // Each round corrects the character at which the pattern gives up, so there are no more rounds than
    // characters.
    for (auto fault = pattern.first_fault(value); fault; fault = pattern.first_fault(value)) {
        if (*fault >= value.size())
            return std::nullopt;
        auto best = value;
        for (const char candidate : candidates_for(value[*fault])) {
            auto attempt = value;
            attempt[*fault] = candidate;
            if (reach(pattern, attempt) > reach(pattern, best))
                best = attempt;
        }
        if (best == value)
            return std::nullopt;
        value = std::move(best);
    }
    return value != text ? std::optional(std::move(value)) : std::nullopt;
}

std::optional<Oddity> first_oddity(std::string_view text) {
    using Kind = Oddity::Kind;
    const auto last_visible = text.find_last_not_of(" \t");
    for (std::size_t at = 0; at < text.size();) {
        const auto character =
            first_character(text.substr(at)).value_or(Character{.value = 0xfffd, .bytes = 1});
        const bool at_end = at == 0 || (last_visible != std::string_view::npos && at > last_visible);
        if ((character.value == ' ' || character.value == '\t') && at_end)
            return Oddity{.offset = at, .bytes = 1, .kind = Kind::blank};
        if (character.value == 0x3000 || (character.value >= 0xff01 && character.value <= 0xff5e))
            return Oddity{.offset = at, .bytes = character.bytes, .kind = Kind::full_width};
        if (character.value < 0x20 || character.value > 0x7e)
            return Oddity{.offset = at, .bytes = character.bytes, .kind = Kind::other};
        at += character.bytes;
    }
    return std::nullopt;
}

} // namespace eligate::profile
