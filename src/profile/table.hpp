// SPDX-License-Identifier: Apache-2.0
/// Reads the keys of one TOML table and reports what is missing, of the wrong type, malformed or unknown.
/// Each key that is asked for becomes known; finish() reports the others.
#pragma once

#include "base/diagnostic.hpp"
#include "base/message.hpp"
#include "profile/fact.hpp"
#include "profile/located.hpp"
#include "profile/toml.hpp"
#include "profile/word.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

enum class Need : std::uint8_t { required, optional };

class Table {
  public:
    /// `path` as a person would write it ("ike.local"); empty at the top of the file.
    Table(const Node& node, std::string path, base::Diagnostics& diagnostics)
        : m_node(node)
        , m_path(std::move(path))
        , m_diagnostics(diagnostics) {}

    const base::SourceSpan& where() const { return m_node.where; }
    base::Diagnostics& diagnostics() { return m_diagnostics; }

    /// The entry whatever its type.
    const Entry* entry(std::string_view key, Need need = Need::optional);
    /// The same for a key that is only known because it must not be there: never suggested to anybody.
    const Entry* entry_if_present(std::string_view key);
    /// The value if it is of that type.
    const Node* value(std::string_view key, Node::Type type, Need need);

    std::optional<Located<std::string>> text(std::string_view key, Word word, Need need);
    /// A list of 1 to `most` texts, none of them twice.
    std::vector<Located<std::string>> texts(std::string_view key, Word word, Need need, std::size_t most);
    /// The same, where one text may stand without its brackets.
    std::vector<Located<std::string>> one_or_more(std::string_view key, Word word, Need need,
                                                  std::size_t most);
    std::optional<Located<std::int64_t>> number(std::string_view key, std::int64_t least, std::int64_t most,
                                                Need need);
    std::optional<Located<bool>> flag(std::string_view key, Need need = Need::optional);
    /// One of a few words.
    std::optional<Located<std::string>> choice(std::string_view key,
                                               std::initializer_list<std::string_view> words, Need need);
    /// { ja = "…", en = "…" }, or one text for both languages.
    base::LocalText local_text(std::string_view key, Need need);
    /// source and as_of.
    Fact fact();
    std::optional<Table> table(std::string_view key, Need need);
    /// [[key]]: the tables of an array, at most `most`.
    std::vector<Table> tables(std::string_view key, std::size_t most);

    /// Reports the keys nobody asked for.
    void finish();

  private:
    std::string path_of(std::string_view key) const;
    void wrong_type(std::string_view key, const Node& node, Node::Type expected);

    const Node& m_node;
    std::string m_path;
    base::Diagnostics& m_diagnostics;
    std::vector<std::string_view> m_known;
};

/// Whether `text` is such a word; if not, says so at `where`, with what was probably meant.
bool check_word(const Located<std::string>& text, Word word, std::string_view key,
                base::Diagnostics& diagnostics);

/// schema = 1. False if the file follows other rules, so that everything else would be misread.
bool check_schema(Table& root);

} // namespace eligate::profile
