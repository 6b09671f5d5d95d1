// SPDX-License-Identifier: Apache-2.0
#include "cli/width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace eligate::cli {
namespace {

struct Character {
    /// U+FFFD for a broken byte.
    char32_t code = 0;
    std::string_view bytes;
    bool broken = false;
};

struct Range {
    char32_t first;
    char32_t last;
};

constexpr char32_t replacement = 0xfffd;

/// Unicode 15 EastAsianWidth W and F, neighbouring ranges joined across unassigned characters.
constexpr auto wide = std::to_array<Range>({
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},   {0x23f0, 0x23f0},
    {0x23f3, 0x23f3},   {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267f, 0x267f},
    {0x2693, 0x2693},   {0x26a1, 0x26a1},   {0x26aa, 0x26ab},   {0x26bd, 0x26be},   {0x26c4, 0x26c5},
    {0x26ce, 0x26ce},   {0x26d4, 0x26d4},   {0x26ea, 0x26ea},   {0x26f2, 0x26f3},   {0x26f5, 0x26f5},
    {0x26fa, 0x26fa},   {0x26fd, 0x26fd},   {0x2705, 0x2705},   {0x270a, 0x270b},   {0x2728, 0x2728},
    {0x274c, 0x274c},   {0x274e, 0x274e},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27b0, 0x27b0},   {0x27bf, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},   {0x2b55, 0x2b55},
    {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0xa4cf},   {0xa960, 0xa97f},
    {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18aff}, {0x1aff0, 0x1b2ff}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
    {0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
});

/// Combining marks (the kana voicing marks among them) and variation selectors.
constexpr auto zero_width = std::to_array<Range>({
    {0x0300, 0x036f},
    {0x0483, 0x0489},
    {0x0591, 0x05bd},
    {0x064b, 0x065f},
    {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff},
    {0x20d0, 0x20ff},
    {0x302a, 0x302d},
    {0x3099, 0x309a},
    {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f},
    {0xe0100, 0xe01ef},
});

/// Invisible, or able to turn the order of what follows around (Unicode UAX #9): never shown as they are.
constexpr auto treacherous = std::to_array<Range>({
    {0x00ad, 0x00ad},
    {0x061c, 0x061c},
    {0x180e, 0x180e},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0xfeff, 0xfeff},
    {0xfff9, 0xfffb},
    {0xe0000, 0xe007f},
});

/// JIS X 4051: not at the start of a line. Spelled by number, since an editor shows half-width and full-width
/// signs alike: ASCII; full stops, commas, sound and repetition marks; closing brackets; small kana.
constexpr std::u32string_view closers =
    U")]},.:;!?%"
    U"\u3001\u3002\uff0c\uff0e\u30fb\uff1a\uff1b\uff1f\uff01\u309b\u309c\u30fd"
    U"\u30fe\u309d\u309e\u3005\u30fc\uff05\uff61\uff64\uff65\uff70"
    U"\u2019\u201d\uff09\u3015\uff3d\uff5d\u3009\u300b\u300d\u300f\u3011\u301f"
    U"\uff63\u2026\u2025"
    U"\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u30a1\u30a3"
    U"\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6";
/// Not at the end of a line: opening brackets.
constexpr std::u32string_view openers =
    U"([{"
    U"\u2018\u201c\uff08\u3014\uff3b\uff5b\u3008\u300a\u300c\u300e\u3010\u301d"
    U"\uff62";

template <std::size_t N>
bool in(const std::array<Range, N>& table, char32_t code) {
    const auto after = std::ranges::upper_bound(table, code, {}, &Range::first);
    return after != table.begin() && code <= std::prev(after)->last;
}

/// Length of the sequence a lead byte announces, and the smallest code that needs it; {0, 0} for no lead
/// byte.
std::pair<std::size_t, char32_t> announced(std::uint8_t lead) {
    if (lead < 0x80)
        return {1, 0};
    if (lead >= 0xc2 && lead < 0xe0)
        return {2, 0x80};
    if (lead >= 0xe0 && lead < 0xf0)
        return {3, 0x800};
    if (lead >= 0xf0 && lead < 0xf5)
        return {4, 0x10000};
    return {0, 0};
}

/// The first character of a text that is not empty.
Character first_of(std::string_view text) {
    const Character broken{.code = replacement, .bytes = text.substr(0, 1), .broken = true};
    const auto lead = static_cast<std::uint8_t>(text.front());
    const auto [length, smallest] = announced(lead);
    if (length == 0 || text.size() < length)
        return broken;
    constexpr std::array<std::uint8_t, 5> payload{0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t code = lead & payload.at(length);
    for (const char byte : text.substr(1, length - 1)) {
        const auto tail = static_cast<std::uint8_t>(byte);
        if ((tail & 0xc0U) != 0x80)
            return broken;
        code = (code << 6U) | (tail & 0x3fU);
    }
    if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return broken;
    return {.code = code, .bytes = text.substr(0, length)};
}

std::size_t columns_of(const Character& character) {
    if (character.broken)
        return 1;
    if (in(zero_width, character.code))
        return 0;
    return in(wide, character.code) ? 2 : 1;
}

/// What stays together on a line, and whether a blank stood before it.
struct Piece {
    std::string_view text;
    std::size_t columns = 0;
    bool after_blank = false;
    bool may_start_line = true;
    bool may_end_line = true;
};

std::vector<Piece> pieces_of(std::string_view text) {
    std::vector<Piece> pieces;
    bool after_blank = false;
    bool in_word = false;
    while (!text.empty()) {
        const auto character = first_of(text);
        text.remove_prefix(character.bytes.size());
        if (character.code == U' ') {
            after_blank = true;
            in_word = false;
            continue;
        }
        const auto columns = columns_of(character);
        // Zero-width marks belong to the character before them, whatever it is.
        const bool joins = !pieces.empty() && !after_blank && ((in_word && columns == 1) || columns == 0);
        if (joins) {
            auto& piece = pieces.back();
            piece.text = {piece.text.data(), piece.text.size() + character.bytes.size()};
            piece.columns += columns;
            piece.may_end_line = !openers.contains(character.code);
        } else {
            pieces.push_back({.text = character.bytes,
                              .columns = columns,
                              .after_blank = after_blank,
                              .may_start_line = after_blank || !closers.contains(character.code),
                              .may_end_line = !openers.contains(character.code)});
            in_word = columns == 1;
        }
        after_blank = false;
    }
    return pieces;
}

} // namespace

std::size_t width(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto character = first_of(text);
        columns += columns_of(character);
        text.remove_prefix(character.bytes.size());
    }
    return columns;
}

std::string visible(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto character = first_of(text);
        text.remove_prefix(character.bytes.size());
        const auto code = static_cast<std::uint32_t>(character.code);
        if (character.broken)
            out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(character.bytes.front()));
        else if (code == '\t')
            out += ' ';
        else if (code < 0x20 || code == 0x7f)
            out += fmt::format("\\x{:02x}", code);
        else if ((code >= 0x80 && code < 0xa0) || in(treacherous, character.code))
            out += fmt::format("<U+{:04X}>", code);
        else
            out += character.bytes;
    }
    return out;
}

std::string padded(std::string_view text, std::size_t columns) {
    const auto taken = width(text);
    return std::string(text) + std::string(columns > taken ? columns - taken : 0, ' ');
}

std::string right_aligned(std::string_view text, std::size_t columns) {
    const auto taken = width(text);
    return std::string(columns > taken ? columns - taken : 0, ' ') + std::string(text);
}

std::string_view fitting(std::string_view text, std::size_t columns) {
    std::size_t taken = 0;
    std::size_t end = 0;
    while (end < text.size()) {
        const auto character = first_of(text.substr(end));
        taken += columns_of(character);
        if (taken > columns)
            break;
        end += character.bytes.size();
    }
    return text.substr(0, end);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
    const auto pieces = pieces_of(text);
    std::vector<std::string> lines;
    std::string line;
    std::size_t taken = 0;
    for (std::size_t at = 0; at < pieces.size();) {
        // A run of pieces that no line end may part.
        std::size_t end = at + 1;
        while (end < pieces.size() && !pieces[end].after_blank &&
               (!pieces[end].may_start_line || !pieces[end - 1].may_end_line))
            ++end;
        std::string run;
        std::size_t run_columns = 0;
        for (std::size_t i = at; i < end; ++i) {
            run += pieces[i].text;
            run_columns += pieces[i].columns;
        }
        const std::size_t blank = pieces[at].after_blank && !line.empty() ? 1 : 0;
        if (!line.empty() && taken + blank + run_columns > columns) {
            lines.push_back(std::exchange(line, {}));
            taken = 0;
        } else if (blank != 0) {
            line += ' ';
            ++taken;
        }
        line += run;
        taken += run_columns;
        at = end;
    }
    if (!line.empty() || lines.empty())
        lines.push_back(line);
    return lines;
}

std::string paragraph(std::string_view first, std::string_view text, std::size_t columns) {
    const auto indent = width(first);
    std::string out;
    bool first_line = true;
    for (const auto& line : wrapped(text, columns > indent + 20 ? columns - indent : 20)) {
        out += first_line ? std::string(first) : std::string(line.empty() ? 0 : indent, ' ');
        out += line;
        out += '\n';
        first_line = false;
    }
    return out;
}

} // namespace eligate::cli
