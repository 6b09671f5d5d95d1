// SPDX-License-Identifier: Apache-2.0
#include "profile/toml.hpp"

#include "profile/syntax_error.hpp"
#include "profile/text_check.hpp"
#include "profile/utf8.hpp"
#include "profile/word.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace {
/// toml++ asserts what broken input makes untrue ("[" at the end of a line, version 3.3); with NDEBUG it
/// would go on, with clang it would even let the compiler assume it.
struct ParserConfused {};
[[noreturn]] void confused() {
    throw ParserConfused();
}
} // namespace

// Header-only, whatever the distribution's build of the library has: with assertions that always hold and are
// caught, and its own limit on nesting behind ours.
#undef NDEBUG
#define TOML_ASSERT(condition) (static_cast<bool>(condition) ? void() : confused())
#define TOML_EXCEPTIONS 1
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

namespace eligate::profile {
namespace {

/// What stands in the place of something hidden, one for each character.
constexpr char mask = '*';

base::SourceSpan span_of(const std::string& file, const toml::source_region& region) {
    base::SourceSpan span{
        .file = file, .line = region.begin.line, .column = region.begin.column, .length = 1};
    if (region.end.line == region.begin.line && region.end.column > region.begin.column)
        span.length = region.end.column - region.begin.column;
    return span;
}

Node::Type type_of(const toml::node& node) {
    switch (node.type()) {
    case toml::node_type::array:
        return Node::Type::array;
    case toml::node_type::string:
        return Node::Type::string;
    case toml::node_type::integer:
        return Node::Type::integer;
    case toml::node_type::boolean:
        return Node::Type::boolean;
    case toml::node_type::floating_point:
        return Node::Type::real;
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
        return Node::Type::date;
    default:
        return Node::Type::table;
    }
}

bool earlier(const base::SourceSpan& a, const base::SourceSpan& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
}

class Converter {
  public:
    explicit Converter(const std::string& file)
        : m_file(file) {}

    Node convert(const toml::node& from) const {
        Node node;
        node.type = type_of(from);
        node.where = span_of(m_file, from.source());
        if (const auto* table = from.as_table())
            convert_entries(*table, node);
        if (const auto* array = from.as_array())
            for (const auto& item : *array)
                node.items.push_back(convert(item));
        if (const auto* text = from.as_string())
            node.text = text->get();
        if (const auto* integer = from.as_integer())
            node.integer = integer->get();
        if (const auto* boolean = from.as_boolean())
            node.boolean = boolean->get();
        return node;
    }

  private:
    void convert_entries(const toml::table& table, Node& node) const {
        for (const auto& [key, value] : table) {
            Entry entry{.key = std::string(key.str()),
                        .key_where = span_of(m_file, key.source()),
                        .node = convert(value)};
            // A table that only a dotted key or a longer header implies has no place of its own.
            if (entry.node.where.line == 0)
                entry.node.where = entry.key_where;
            node.entries.push_back(std::move(entry));
        }
        std::ranges::sort(node.entries, earlier, &Entry::key_where);
    }

    const std::string& m_file;
};

// toml++ keeps its strings to itself; what it held of a secret is overwritten before its memory goes back.
void wipe_tree(toml::node& node) {
    if (auto* table = node.as_table())
        for (auto&& [key, value] : *table)
            wipe_tree(value);
    if (auto* array = node.as_array())
        for (auto& item : *array)
            wipe_tree(item);
    if (auto* text = node.as_string())
        base::wipe(text->get());
}

void wipe_tree(Node& node) {
    for (auto& entry : node.entries)
        wipe_tree(entry.node);
    for (auto& item : node.items)
        wipe_tree(item);
    base::wipe(node.text);
}

std::string_view line_at(std::string_view text, std::size_t number) {
    for (std::size_t line = 1; line < number && !text.empty(); ++line)
        text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
    return text.substr(0, text.find('\n'));
}

/// Byte of a place in the text; its size if it is not there.
std::size_t byte_at(std::string_view text, const base::SourceSpan& where) {
    const auto line = line_at(text, where.line);
    auto rest = line;
    for (std::size_t column = 1; column < where.column && !rest.empty(); ++column)
        rest.remove_prefix(first_character(rest).value_or(Character{}).bytes);
    return static_cast<std::size_t>(rest.data() - text.data());
}

void overwrite(std::string& text, std::size_t begin, std::size_t end) {
    const auto hidden = std::string_view(text).substr(begin, end - begin);
    std::string masked;
    for (auto rest = hidden; !rest.empty();) {
        masked += rest.front() == '\n' ? '\n' : mask;
        rest.remove_prefix(first_character(rest).value_or(Character{}).bytes);
    }
    text.replace(begin, end - begin, masked);
}

/// The table, or what is wrong and where. `where` is not set if the parser lost itself.
struct Parsed {
    std::optional<toml::table> table;
    std::string description;
    std::optional<toml::source_region> where;
};

Parsed parse_toml(std::string_view text) {
    Parsed parsed;
    try {
        parsed.table = toml::parse(text);
    } catch (const toml::parse_error& error) {
        parsed.description = error.description();
        parsed.where = error.source();
    } catch (const ParserConfused&) {
        parsed.description.clear();
    }
    return parsed;
}

/// The line at which the parser loses itself: it reads from front to back, so it does with every longer text
/// too.
std::size_t confusing_line(std::string_view text, std::size_t lines) {
    std::size_t good = 0;
    std::size_t bad = lines;
    while (bad - good > 1) {
        const auto middle = good + (bad - good) / 2;
        const auto last = line_at(text, middle);
        const auto size = static_cast<std::size_t>(last.data() - text.data()) + last.size() + 1;
        const auto parsed = parse_toml(text.substr(0, size));
        (parsed.table || parsed.where ? good : bad) = middle;
    }
    return bad;
}

/// Hides what stands behind the equals sign after a word that people call a secret by, or behind such a word
/// that begins a line: in a file that is not TOML nobody knows where values are.
void hide_secret_lines(std::string& text) {
    for (std::size_t begin = 0; begin < text.size();) {
        auto end = std::min(text.find('\n', begin), text.size());
        const auto line = std::string_view(text).substr(begin, end - begin);
        auto from = line.size();
        const auto first = std::min(line.find_first_of(" \t=", line.find_first_not_of(" \t")), line.size());
        if (sounds_secret(line.substr(0, first)))
            from = first;
        for (auto equals = line.find('='); equals < from; equals = line.find('=', equals + 1)) {
            const auto key_begin = line.find_last_of(",{[", equals);
            const auto key = line.substr(key_begin == std::string_view::npos ? 0 : key_begin,
                                         equals - (key_begin == std::string_view::npos ? 0 : key_begin));
            if (sounds_secret(key))
                from = equals;
        }
        const bool placeholder = line.find('{', from) != std::string_view::npos;
        if (from < line.size() && !placeholder) {
            const auto value = begin + from + (line[from] == '=' ? 1 : 0);
            const auto size = text.size();
            overwrite(text, std::min(text.find_first_not_of(" \t=", value), end), end);
            end -= size - text.size();
        }
        begin = end + 1;
    }
}

} // namespace

const Entry* Node::find(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &*found;
}

base::SourceSpan part_of(const base::SourceSpan& literal, std::string_view value, std::size_t offset,
                         std::size_t length) {
    if (literal.length != count_characters(value) + 2 || offset > value.size())
        return literal;
    auto part = literal;
    part.column += 1 + count_characters(value.substr(0, offset));
    part.length = std::max<std::size_t>(1, count_characters(value.substr(offset, length)));
    return part;
}

base::SourceSpan part_of(const Node& string, std::size_t offset, std::size_t length) {
    return part_of(string.where, string.text, offset, length);
}

Document Document::parse(std::string file, const base::Secret& text, bool sensitive,
                         base::Diagnostics& diagnostics) {
    Document document;
    auto bytes = text.expose();
    // Windows Notepad's mark; it would stand in the first key.
    if (bytes.starts_with("\xef\xbb\xbf"))
        bytes.remove_prefix(3);
    document.m_source.file = std::move(file);
    document.m_source.sensitive = sensitive;
    const auto& name = document.m_source.file;
    if (bytes.size() <= max_file_bytes && !sensitive)
        document.m_source.text = harmless(bytes);
    document.m_end.file = name;
    document.m_end.line = static_cast<std::size_t>(std::ranges::count(bytes, '\n')) + 1;
    document.m_end.column = 1;
    if (!check_text(name, bytes, diagnostics)) {
        hide_secret_lines(document.m_source.text);
        return document;
    }
    auto parsed = parse_toml(bytes);
    if (!parsed.table) {
        base::SourceSpan where{.file = name, .line = 0, .column = 1, .length = 1};
        if (parsed.where)
            where = span_of(name, *parsed.where);
        else
            where.line = confusing_line(bytes, document.m_end.line);
        diagnostics.add(syntax_error(parsed.description, where));
        hide_secret_lines(document.m_source.text);
        return document;
    }
    document.m_root = Converter(name).convert(*parsed.table);
    if (sensitive)
        wipe_tree(*parsed.table);
    return document;
}

Document::~Document() {
    if (m_source.sensitive && m_root)
        wipe_tree(*m_root);
}

void Document::hide(const base::SourceSpan& where) {
    auto& text = m_source.text;
    const auto begin = byte_at(text, where);
    if (begin >= text.size())
        return;
    auto end = byte_at(text, {.file = {}, .line = where.line, .column = where.column + where.length});
    const auto opening = std::string_view(text).substr(begin, 3);
    if (opening == R"(""")" || opening == "'''")
        end = std::min(text.find(opening, begin + 3), text.size());
    overwrite(text, begin, end);
}

} // namespace eligate::profile
