// SPDX-License-Identifier: Apache-2.0
/// Everything that is wrong with a set of input files, each with its place, all reported in one run.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::base {

enum class Severity { error, warning };

/// A place in a file. Line and column count from 1; the column counts characters, not bytes, so that a caret
/// stands right under Japanese text. length = characters to underline, at least 1.
struct SourceSpan {
    std::string file;
    std::size_t line = 0;
    std::size_t column = 0;
    std::size_t length = 1;
    bool operator==(const SourceSpan&) const = default;
};

struct Diagnostic {
    Severity severity = Severity::error;
    Code code;
    Message what;
    std::optional<SourceSpan> where = std::nullopt;
    std::vector<Message> hints = {};
};

/// The text of an input file, kept to show the line a diagnostic points at. The lines of a sensitive file
/// (secrets.toml) are never shown.
struct Source {
    std::string file;
    std::string text;
    bool sensitive = false;
};

class Diagnostics {
  public:
    void add(Diagnostic diagnostic) { m_list.push_back(std::move(diagnostic)); }
    void add_source(Source source) { m_sources.push_back(std::move(source)); }
    /// Takes over all of `other`.
    void merge(Diagnostics other);
    /// Overwrites a secret with asterisks wherever it got into a message's arguments or a kept source:
    /// somebody may have typed it into the wrong place, and then the message about that place would repeat
    /// it.
    void hide(std::string_view secret);

    bool has_errors() const;
    /// Sorted by file, line, column; at one place in the order they were found.
    std::vector<Diagnostic> sorted() const;
    /// The line without its end, or nothing if the file is unknown, sensitive, or shorter.
    std::optional<std::string> line_of(const SourceSpan& where) const;

  private:
    std::vector<Diagnostic> m_list;
    std::vector<Source> m_sources;
};

} // namespace eligate::base
