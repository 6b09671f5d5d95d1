// SPDX-License-Identifier: Apache-2.0
#include "profile/pattern_parser.hpp"

#include "profile/utf8.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace eligate::profile {
namespace {

constexpr std::size_t longest_text = 256;
constexpr std::size_t deepest_group = 8;
constexpr std::size_t most_repeats = 256;
constexpr std::size_t most_states = 4096;

} // namespace

Pattern::Parsed PatternParser::parse() {
    Pattern::Parsed parsed;
    Piece whole;
    if (m_text.size() > longest_text) {
        fail(Pattern::Fault::Kind::too_large);
    } else {
        eat('^');
        if (read_choice(whole, 0)) {
            eat('$');
            if (!at_end())
                fail();
        }
    }
    if (!m_fault) {
        m_states.push_back(
            {.kind = State::Kind::accept, .negated = false, .ranges = {}, .next = 0, .other = 0});
        if (const auto start = build(whole, 0)) {
            parsed.pattern.emplace();
            parsed.pattern->m_text = m_text;
            parsed.pattern->m_states = std::move(m_states);
            parsed.pattern->m_start = *start;
            return parsed;
        }
        fail(Pattern::Fault::Kind::too_large);
    }
    parsed.fault = m_fault.value_or(Pattern::Fault{});
    return parsed;
}

bool PatternParser::read_choice(Piece& piece, std::size_t depth) {
    if (depth > deepest_group)
        return fail(Pattern::Fault::Kind::too_large);
    piece.kind = Piece::Kind::choice;
    do {
        if (!read_sequence(piece.parts.emplace_back(), depth))
            return false;
    } while (eat('|'));
    return true;
}

bool PatternParser::read_sequence(Piece& piece, std::size_t depth) {
    piece.kind = Piece::Kind::sequence;
    while (!at_end() && m_text[m_at] != '|' && m_text[m_at] != ')' && m_text.substr(m_at) != "$") {
        Piece atom;
        if (!read_atom(atom, depth) || !read_repeats(atom))
            return false;
        piece.parts.push_back(std::move(atom));
    }
    return true;
}

bool PatternParser::read_atom(Piece& piece, std::size_t depth) {
    if (eat('('))
        return read_choice(piece, depth + 1) && (eat(')') || fail());
    if (eat('['))
        return read_class(piece);
    piece.kind = Piece::Kind::take;
    if (eat('.')) {
        piece.negated = true;
        return true;
    }
    if (eat('\\'))
        return read_escape(piece);
    constexpr std::string_view reserved = "*+?{}]^$";
    if (reserved.find(m_text[m_at]) != std::string_view::npos)
        return fail();
    char32_t character = 0;
    if (!read_character(character))
        return false;
    piece.ranges.push_back({.low = character, .high = character});
    return true;
}

bool PatternParser::read_class(Piece& piece) {
    piece.kind = Piece::Kind::take;
    piece.negated = eat('^');
    do {
        if (at_end() || !read_class_member(piece))
            return fail();
    } while (!eat(']'));
    // [^…] of everything would match nothing, and the pattern with it.
    const State state{
        .kind = State::Kind::take, .negated = piece.negated, .ranges = piece.ranges, .next = 0, .other = 0};
    return Pattern::representative(state) || fail();
}

bool PatternParser::read_class_member(Piece& piece) {
    if (eat('\\'))
        return read_escape(piece);
    if (m_text[m_at] == '[' || m_text[m_at] == ']')
        return fail();
    Range range;
    if (!read_character(range.low))
        return false;
    range.high = range.low;
    // A hyphen before the end of the class stands for itself.
    if (m_text.substr(m_at).starts_with('-') && m_text.substr(m_at, 2) != "-]") {
        ++m_at;
        if (at_end() || m_text[m_at] == '\\' || !read_character(range.high) || range.high < range.low)
            return fail();
    }
    piece.ranges.push_back(range);
    return true;
}

bool PatternParser::read_escape(Piece& piece) {
    if (at_end())
        return fail();
    const char c = m_text[m_at++];
    const auto add = [&](char low, char high) {
        piece.ranges.push_back(
            {.low = static_cast<unsigned char>(low), .high = static_cast<unsigned char>(high)});
    };
    if (c == 'd' || c == 'w')
        add('0', '9');
    if (c == 'w') {
        add('A', 'Z');
        add('a', 'z');
        add('_', '_');
    } else if (c == 's') {
        add(' ', ' ');
        add('\t', '\t');
    } else if (std::string_view("\\.[]{}()*+?|^$-/").find(c) != std::string_view::npos) {
        add(c, c);
    } else if (c != 'd') {
        --m_at;
        return fail();
    }
    return true;
}

bool PatternParser::read_repeats(Piece& piece) {
    Piece repeat;
    repeat.kind = Piece::Kind::repeat;
    if (eat('?')) {
        repeat.least = 0;
        repeat.most = 1;
    } else if (eat('*')) {
        repeat.least = 0;
    } else if (eat('+')) {
        repeat.least = 1;
    } else if (eat('{')) {
        if (!read_counts(repeat))
            return false;
    } else {
        return true;
    }
    repeat.parts.push_back(std::move(piece));
    piece = std::move(repeat);
    return true;
}

bool PatternParser::read_counts(Piece& repeat) {
    if (!read_number(repeat.least))
        return false;
    repeat.most = repeat.least;
    if (eat(',')) {
        repeat.most.reset();
        if (!at_end() && m_text[m_at] != '}') {
            std::size_t most = 0;
            if (!read_number(most) || most < repeat.least)
                return fail();
            repeat.most = most;
        }
    }
    return eat('}') || fail();
}

bool PatternParser::read_number(std::size_t& number) {
    const auto begin = m_at;
    number = 0;
    while (!at_end() && m_text[m_at] >= '0' && m_text[m_at] <= '9') {
        number = number * 10 + static_cast<std::size_t>(m_text[m_at++] - '0');
        if (number > most_repeats)
            return fail(Pattern::Fault::Kind::too_large);
    }
    return m_at > begin || fail();
}

bool PatternParser::read_character(char32_t& character) {
    const auto read = at_end() ? std::nullopt : first_character(m_text.substr(m_at));
    if (!read)
        return fail();
    character = read->value;
    m_at += read->bytes;
    return true;
}

bool PatternParser::eat(char c) {
    if (at_end() || m_text[m_at] != c)
        return false;
    ++m_at;
    return true;
}

bool PatternParser::fail(Pattern::Fault::Kind kind) {
    if (!m_fault)
        m_fault = Pattern::Fault{.offset = m_at, .kind = kind};
    return false;
}

std::optional<std::size_t> PatternParser::add(State state) {
    if (m_states.size() >= most_states)
        return std::nullopt;
    m_states.push_back(std::move(state));
    return m_states.size() - 1;
}

std::optional<std::size_t> PatternParser::build(const Piece& piece, std::size_t next) {
    std::optional<std::size_t> at = next;
    switch (piece.kind) {
    case Piece::Kind::take:
        return add({.kind = State::Kind::take,
                    .negated = piece.negated,
                    .ranges = piece.ranges,
                    .next = next,
                    .other = 0});
    case Piece::Kind::sequence:
        for (auto part = piece.parts.rbegin(); part != piece.parts.rend() && at; ++part)
            at = build(*part, *at);
        return at;
    case Piece::Kind::choice:
        at = build(piece.parts.back(), next);
        for (auto part = piece.parts.rbegin() + 1; part != piece.parts.rend() && at; ++part) {
            const auto here = build(*part, next);
            at = here ? add({.kind = State::Kind::split,
                             .negated = false,
                             .ranges = {},
                             .next = *here,
                             .other = *at})
                      : std::nullopt;
        }
        return at;
    case Piece::Kind::repeat:
        return build_repeat(piece, next);
    }
    return std::nullopt;
}

std::optional<std::size_t> PatternParser::build_repeat(const Piece& piece, std::size_t next) {
    const auto& part = piece.parts.front();
    std::optional<std::size_t> at = next;
    if (!piece.most) {
        const auto loop =
            add({.kind = State::Kind::split, .negated = false, .ranges = {}, .next = 0, .other = next});
        const auto body = loop ? build(part, *loop) : std::nullopt;
        if (!body)
            return std::nullopt;
        m_states[*loop].next = *body;
        at = loop;
    } else {
        for (std::size_t i = piece.least; i < *piece.most && at; ++i) {
            const auto body = build(part, *at);
            at = body ? add({.kind = State::Kind::split,
                             .negated = false,
                             .ranges = {},
                             .next = *body,
                             .other = next})
                      : std::nullopt;
        }
    }
    for (std::size_t i = 0; i < piece.least && at; ++i)
        at = build(part, *at);
    return at;
}

} // namespace eligate::profile
