// SPDX-License-Identifier: Apache-2.0
#include "profile/pattern.hpp"

#include "profile/pattern_parser.hpp"
#include "profile/utf8.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace eligate::profile {

// Thompson's construction, simulated with sets of states: each character of the value looks at each state at
// most once.

Pattern::Parsed Pattern::parse(std::string_view text) {
    return PatternParser(text).parse();
}

bool Pattern::takes(const State& state, char32_t character) {
    const bool inside = std::ranges::any_of(
        state.ranges, [&](const Range& range) { return character >= range.low && character <= range.high; });
    return inside != state.negated;
}

std::optional<char32_t> Pattern::representative(const State& state) {
    if (!state.negated)
        return state.ranges.empty() ? std::nullopt : std::optional(state.ranges.front().low);
    // The first visible character behind all the ranges that cover those before it.
    char32_t character = state.ranges.empty() ? U'x' : U'!';
    for (bool covered = true; covered;) {
        covered = false;
        for (const auto& range : state.ranges)
            if (character >= range.low && character <= range.high) {
                character = range.high + 1;
                covered = true;
            }
        // Surrogates are no characters.
        if (character >= 0xd800 && character <= 0xdfff)
            character = 0xe000;
    }
    return character <= 0x10ffff ? std::optional(character) : std::nullopt;
}

void Pattern::follow(std::size_t state, std::vector<std::size_t>& list, std::vector<bool>& seen) const {
    std::vector<std::size_t> pending{state};
    while (!pending.empty()) {
        const auto current = pending.back();
        pending.pop_back();
        if (seen[current])
            continue;
        seen[current] = true;
        if (m_states[current].kind != State::Kind::split) {
            list.push_back(current);
            continue;
        }
        pending.push_back(m_states[current].other);
        pending.push_back(m_states[current].next);
    }
}

std::optional<std::size_t> Pattern::first_fault(std::string_view value) const {
    std::vector<std::size_t> now;
    std::vector<bool> seen(m_states.size());
    follow(m_start, now, seen);
    for (std::size_t at = 0; at < value.size();) {
        const auto character = first_character(value.substr(at));
        if (!character)
            return at;
        std::vector<std::size_t> then;
        seen.assign(m_states.size(), false);
        for (const auto state : now)
            if (m_states[state].kind == State::Kind::take && takes(m_states[state], character->value))
                follow(m_states[state].next, then, seen);
        if (then.empty())
            return at;
        now = std::move(then);
        at += character->bytes;
    }
    const bool accepted = std::ranges::any_of(
        now, [&](std::size_t state) { return m_states[state].kind == State::Kind::accept; });
    return accepted ? std::nullopt : std::optional(value.size());
}

std::string Pattern::example() const {
    // Breadth first from the start: the first way to the end is a shortest one.
    struct Step {
        std::size_t state;
        /// The step it was reached from by taking a character; nowhere for the start.
        std::size_t before;
        char32_t character;
    };
    constexpr auto nowhere = static_cast<std::size_t>(-1);
    std::vector<Step> steps;
    std::vector<bool> seen(m_states.size());
    const auto go = [&](std::size_t state, std::size_t before, char32_t character) {
        std::vector<std::size_t> reached;
        follow(state, reached, seen);
        for (const auto next : reached)
            steps.push_back({.state = next, .before = before, .character = character});
    };
    go(m_start, nowhere, 0);
    std::size_t at = 0;
    for (; m_states[steps[at].state].kind != State::Kind::accept; ++at)
        go(m_states[steps[at].state].next, at, representative(m_states[steps[at].state]).value_or(0));
    std::vector<char32_t> backwards;
    for (; steps[at].before != nowhere; at = steps[at].before)
        backwards.push_back(steps[at].character);
    std::string text;
    for (const auto character : std::views::reverse(backwards))
        append_character(text, character);
    return text;
}

} // namespace eligate::profile
