// SPDX-License-Identifier: Apache-2.0
/// From a pattern's text to its states. Internal to Pattern.
#pragma once

#include "profile/pattern.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace eligate::profile {

class PatternParser {
  public:
    explicit PatternParser(std::string_view text)
        : m_text(text) {}
    Pattern::Parsed parse();

  private:
    using Range = Pattern::Range;
    using State = Pattern::State;

    /// What a piece of the pattern means.
    struct Piece {
        enum class Kind { take, sequence, choice, repeat } kind = Kind::sequence;
        bool negated = false;
        std::vector<Range> ranges;
        std::vector<Piece> parts;
        std::size_t least = 1;
        /// Nothing: without end.
        std::optional<std::size_t> most;
    };

    // Each reads on from m_at; false = the text makes no sense there (m_fault is set).
    bool read_choice(Piece& piece, std::size_t depth);
    bool read_sequence(Piece& piece, std::size_t depth);
    bool read_atom(Piece& piece, std::size_t depth);
    bool read_class(Piece& piece);
    bool read_class_member(Piece& piece);
    bool read_repeats(Piece& piece);
    bool read_counts(Piece& repeat);
    bool read_number(std::size_t& number);
    bool read_escape(Piece& piece);
    bool read_character(char32_t& character);

    /// The state from which `piece` is matched and then `next`; nothing if there would be too many.
    std::optional<std::size_t> build(const Piece& piece, std::size_t next);
    std::optional<std::size_t> build_repeat(const Piece& piece, std::size_t next);
    std::optional<std::size_t> add(State state);

    bool at_end() const { return m_at >= m_text.size(); }
    bool eat(char c);
    bool fail(Pattern::Fault::Kind kind = Pattern::Fault::Kind::syntax);

    std::string_view m_text;
    std::size_t m_at = 0;
    std::optional<Pattern::Fault> m_fault;
    std::vector<State> m_states;
};

} // namespace eligate::profile
