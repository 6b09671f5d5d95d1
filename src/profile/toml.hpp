// SPDX-License-Identifier: Apache-2.0
/// TOML text to a small tree with the place of every key and value. The only room's door to toml++: nothing
/// of that library, nor an exception of it, comes through here.
///
/// Input is hostile: more than max_file_bytes, lines over max_line_bytes, nesting over max_depth, bytes that
/// are not UTF-8 and control characters are reported (with their place) and not parsed.
#pragma once

#include "base/diagnostic.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

inline constexpr std::size_t max_file_bytes = std::size_t{256} * 1024;
inline constexpr std::size_t max_line_bytes = 4096;
/// Values inside values, and parts of a dotted key or of a table's header.
inline constexpr std::size_t max_depth = 8;

struct Entry;

struct Node {
    enum class Type { table, array, string, integer, boolean, real, date };
    Type type = Type::table;
    base::SourceSpan where;
    /// table: in the order of the file.
    std::vector<Entry> entries;
    /// array
    std::vector<Node> items;
    /// string
    std::string text;
    std::int64_t integer = 0;
    bool boolean = false;

    const Entry* find(std::string_view key) const;
};

struct Entry {
    std::string key;
    base::SourceSpan key_where;
    Node node;
};

/// The place of characters [offset, offset+length) of a string; the whole literal if they cannot be told
/// apart.
base::SourceSpan part_of(const Node& string, std::size_t offset, std::size_t length);
/// The same for a place of a plain literal that was kept without its node; bytes of `value` before offset
/// count as characters.
base::SourceSpan part_of(const base::SourceSpan& literal, std::string_view value, std::size_t offset,
                         std::size_t length);

/// One file's text, and its tree if it is TOML. Wipes both if the file is sensitive.
class Document {
  public:
    /// `file` is the name people will read. Reports what keeps the text from being TOML.
    static Document parse(std::string file, const base::Secret& text, bool sensitive,
                          base::Diagnostics& diagnostics);

    Document(Document&&) noexcept = default;
    Document& operator=(Document&&) = delete;
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;
    ~Document();

    const std::string& file() const { return m_source.file; }
    bool sensitive() const { return m_source.sensitive; }
    /// Nothing if the text is not TOML.
    const Node* root() const { return m_root ? &*m_root : nullptr; }
    /// A place for what the file does not have: just behind its last line.
    const base::SourceSpan& end() const { return m_end; }

    /// Never show the characters at `where` again.
    void hide(const base::SourceSpan& where);
    /// The text as it may be shown: without what was hidden, and with control characters made harmless.
    base::Source source() const { return m_source; }

  private:
    Document() = default;
    base::Source m_source;
    std::optional<Node> m_root;
    base::SourceSpan m_end;
};

} // namespace eligate::profile
