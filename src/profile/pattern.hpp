// SPDX-License-Identifier: Apache-2.0
/// The patterns of intake values: a small subset of regular expressions, always matched against the whole
/// value in time linear in pattern and value (a hostile profile cannot make it backtrack).
///
/// Literals; `.`; classes `[A-Z0-9_-]`, `[^…]`; `\d \w \s` and `\` before a punctuation mark; `( )` and `|`;
/// `?`, `*`, `+`, `{n}`, `{n,}`, `{n,m}` with n, m <= 256. `^` at the start and `$` at the end are allowed
/// and mean nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

class Pattern {
  public:
    struct Fault {
        /// Byte of the pattern's text where it stops making sense.
        std::size_t offset = 0;
        enum class Kind { syntax, too_large } kind = Kind::syntax;
    };
    struct Parsed;
    static Parsed parse(std::string_view text);

    const std::string& text() const { return m_text; }
    bool matches(std::string_view value) const { return !first_fault(value); }
    /// The byte where `value` leaves the pattern; its size if only more was expected. Nothing if it matches.
    std::optional<std::size_t> first_fault(std::string_view value) const;
    /// A shortest value that matches ("AA00000000"), to show what is expected.
    std::string example() const;

  private:
    friend class PatternParser;
    struct Range {
        char32_t low = 0;
        char32_t high = 0;
    };
    struct State {
        /// Consumes one character of `ranges` (or not of them), then goes to `next`; or splits without
        /// consuming.
        enum class Kind : std::uint8_t { take, split, accept } kind = Kind::accept;
        bool negated = false;
        std::vector<Range> ranges;
        std::size_t next = 0;
        std::size_t other = 0;
    };
    static bool takes(const State& state, char32_t character);
    void follow(std::size_t state, std::vector<std::size_t>& list, std::vector<bool>& seen) const;

    /// Some character that the state takes; every state of a parsed pattern has one.
    static std::optional<char32_t> representative(const State& state);

    std::string m_text;
    std::vector<State> m_states;
    std::size_t m_start = 0;
};

struct Pattern::Parsed {
    std::optional<Pattern> pattern;
    Fault fault;
};

} // namespace eligate::profile
