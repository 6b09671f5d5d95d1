// SPDX-License-Identifier: Apache-2.0
#include "profile/table.hpp"

#include "base/suggest.hpp"
#include "catalog/catalog.hpp"
#include "profile/lookalike.hpp"
#include "profile/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

// A file of another kind has nothing but unknown keys.
constexpr std::size_t most_unknown_keys = 20;

base::Message name_of(Node::Type type) {
    switch (type) {
    case Node::Type::table:
        return msg(N_("a table"));
    case Node::Type::array:
        return msg(N_("a list in [ ]"));
    case Node::Type::string:
        return msg(N_("a text in quotes"));
    case Node::Type::integer:
        return msg(N_("a whole number"));
    case Node::Type::boolean:
        return msg(N_("true or false"));
    case Node::Type::real:
        return msg(N_("a decimal number"));
    case Node::Type::date:
        return msg(N_("a date without quotes"));
    }
    return {};
}

std::string joined(std::span<const std::string_view> words) {
    std::string out;
    for (const auto word : words)
        out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
    return out;
}

void hint_nearest(base::Diagnostic& fault, std::string_view word, std::span<const std::string_view> known) {
    if (const auto meant = base::nearest(word, known))
        fault.hints.push_back(msg(N_("did you mean {word}?"), {{"word", std::string(*meant)}}));
    else if (!known.empty())
        fault.hints.push_back(msg(N_("known here: {words}"), {{"words", joined(known)}}));
}

} // namespace

std::string Table::path_of(std::string_view key) const {
    return m_path.empty() ? std::string(key) : fmt::format("{}.{}", m_path, key);
}

const Entry* Table::entry(std::string_view key, Need need) {
    m_known.push_back(key);
    const auto* const found = m_node.find(key);
    if (found == nullptr && need == Need::required)
        m_diagnostics.add({.code = code::missing_key,
                           .what = msg(N_("{key} is missing"), {{"key", path_of(key)}}),
                           .where = m_node.where,
                           .hints = {}});
    return found;
}

const Entry* Table::entry_if_present(std::string_view key) {
    const auto* const found = m_node.find(key);
    if (found != nullptr)
        m_known.push_back(key);
    return found;
}

void Table::wrong_type(std::string_view key, const Node& node, Node::Type expected) {
    m_diagnostics.add(
        {.code = code::wrong_type,
         .what = msg(N_("{key} must be {expected}, and here stands {found}"),
                     {{"key", path_of(key)}, {"expected", name_of(expected)}, {"found", name_of(node.type)}}),
         .where = node.where,
         .hints = {}});
}

const Node* Table::value(std::string_view key, Node::Type type, Need need) {
    const auto* const found = entry(key, need);
    if (found == nullptr)
        return nullptr;
    if (found->node.type != type) {
        wrong_type(key, found->node, type);
        return nullptr;
    }
    return &found->node;
}

bool check_word(const Located<std::string>& text, Word word, std::string_view key,
                base::Diagnostics& diagnostics) {
    if (is(word, text.value))
        return true;
    base::Diagnostic fault{
        .code = code::malformed,
        .what = msg(N_("{key}: “{value}” is not {expected}"),
                    {{"key", std::string(key)}, {"value", shown(text.value)}, {"expected", name_of(word)}}),
        .where = text.where,
        .hints = {}};
    if (text.value.empty())
        fault.what = msg(N_("{key} is empty"), {{"key", std::string(key)}});
    const auto oddity = word == Word::display || word == Word::any ? std::nullopt : first_oddity(text.value);
    if (oddity) {
        fault.code = code::hidden_character;
        fault.where = part_of(text.where, text.value, oddity->offset, oddity->bytes);
    }
    const auto fits = [&](std::string_view candidate) { return is(word, candidate); };
    if (const auto meant = likely(text.value, fits))
        fault.hints.push_back(msg(N_("in half-width and without blanks it is {meant}"), {{"meant", *meant}}));
    else if (auto rule = rule_of(word); !rule.empty())
        fault.hints.push_back(std::move(rule));
    diagnostics.add(std::move(fault));
    return false;
}

std::optional<Located<std::string>> Table::text(std::string_view key, Word word, Need need) {
    const auto* const node = value(key, Node::Type::string, need);
    if (node == nullptr)
        return std::nullopt;
    Located<std::string> located{.value = node->text, .where = node->where};
    if (!check_word(located, word, path_of(key), m_diagnostics))
        return std::nullopt;
    return located;
}

std::vector<Located<std::string>> Table::texts(std::string_view key, Word word, Need need, std::size_t most) {
    std::vector<Located<std::string>> list;
    std::set<std::string_view> listed;
    const auto* const node = value(key, Node::Type::array, need);
    if (node == nullptr)
        return list;
    if (node->items.empty() || node->items.size() > most)
        m_diagnostics.add({.code = code::out_of_range,
                           .what = msg(N_("{key} must list 1 to {most} entries, and here are {count}"),
                                       {{"key", path_of(key)},
                                        {"most", std::to_string(most)},
                                        {"count", std::to_string(node->items.size())}}),
                           .where = node->where,
                           .hints = {}});
    // What is beyond the limit has been reported as that.
    for (const auto& item : std::views::take(node->items, static_cast<std::ptrdiff_t>(most))) {
        if (item.type != Node::Type::string) {
            wrong_type(key, item, Node::Type::string);
            continue;
        }
        Located<std::string> located{.value = item.text, .where = item.where};
        if (!check_word(located, word, path_of(key), m_diagnostics))
            continue;
        if (!listed.insert(item.text).second)
            m_diagnostics.add({.code = code::duplicate,
                               .what = msg(N_("{value} is listed twice"), {{"value", shown(located.value)}}),
                               .where = located.where,
                               .hints = {}});
        list.push_back(std::move(located));
    }
    return list;
}

std::vector<Located<std::string>> Table::one_or_more(std::string_view key, Word word, Need need,
                                                     std::size_t most) {
    const auto* const found = m_node.find(key);
    if (found == nullptr || found->node.type != Node::Type::string)
        return texts(key, word, need, most);
    auto alone = text(key, word, need);
    return alone ? std::vector{std::move(*alone)} : std::vector<Located<std::string>>{};
}

std::optional<Located<std::int64_t>> Table::number(std::string_view key, std::int64_t least,
                                                   std::int64_t most, Need need) {
    const auto* const node = value(key, Node::Type::integer, need);
    if (node == nullptr)
        return std::nullopt;
    if (node->integer < least || node->integer > most) {
        m_diagnostics.add(
            {.code = code::out_of_range,
             .what = msg(
                 N_("{key} must be {least} to {most}"),
                 {{"key", path_of(key)}, {"least", std::to_string(least)}, {"most", std::to_string(most)}}),
             .where = node->where,
             .hints = {}});
        return std::nullopt;
    }
    return Located<std::int64_t>{.value = node->integer, .where = node->where};
}

std::optional<Located<bool>> Table::flag(std::string_view key, Need need) {
    const auto* const node = value(key, Node::Type::boolean, need);
    if (node == nullptr)
        return std::nullopt;
    return Located<bool>{.value = node->boolean, .where = node->where};
}

std::optional<Located<std::string>> Table::choice(std::string_view key,
                                                  std::initializer_list<std::string_view> words, Need need) {
    const auto* const node = value(key, Node::Type::string, need);
    if (node == nullptr)
        return std::nullopt;
    if (std::ranges::find(words, node->text) != words.end())
        return Located<std::string>{.value = node->text, .where = node->where};
    base::Diagnostic fault{.code = code::wrong_word,
                           .what = msg(N_("{key}: “{value}” is not a known word"),
                                       {{"key", path_of(key)}, {"value", shown(node->text)}}),
                           .where = node->where,
                           .hints = {}};
    hint_nearest(fault, plain(node->text), words);
    m_diagnostics.add(std::move(fault));
    return std::nullopt;
}

base::LocalText Table::local_text(std::string_view key, Need need) {
    const auto* const found = entry(key, need);
    if (found == nullptr)
        return {};
    const auto read = [&](const Node& node) {
        const Located<std::string> located{.value = node.text, .where = node.where};
        return check_word(located, Word::display, path_of(key), m_diagnostics) ? node.text : std::string();
    };
    if (found->node.type == Node::Type::string) {
        auto text = read(found->node);
        return {.ja = text, .en = text};
    }
    if (found->node.type != Node::Type::table) {
        wrong_type(key, found->node, Node::Type::string);
        return {};
    }
    Table languages(found->node, path_of(key), m_diagnostics);
    const auto ja = languages.text("ja", Word::display, Need::required);
    const auto en = languages.text("en", Word::display, Need::required);
    languages.finish();
    return {.ja = ja ? ja->value : "", .en = en ? en->value : ""};
}

Fact Table::fact() {
    const auto source = text("source", Word::display, Need::optional);
    const auto as_of = text("as_of", Word::date, Need::optional);
    return {.source = source ? source->value : "", .as_of = as_of ? as_of->value : ""};
}

std::optional<Table> Table::table(std::string_view key, Need need) {
    const auto* const node = value(key, Node::Type::table, need);
    if (node == nullptr)
        return std::nullopt;
    return Table(*node, path_of(key), m_diagnostics);
}

std::vector<Table> Table::tables(std::string_view key, std::size_t most) {
    std::vector<Table> list;
    const auto* const node = value(key, Node::Type::array, Need::optional);
    if (node == nullptr)
        return list;
    if (node->items.size() > most)
        m_diagnostics.add({.code = code::out_of_range,
                           .what = msg(N_("{key} must list 1 to {most} entries, and here are {count}"),
                                       {{"key", path_of(key)},
                                        {"most", std::to_string(most)},
                                        {"count", std::to_string(node->items.size())}}),
                           .where = node->where,
                           .hints = {}});
    for (const auto& item : std::views::take(node->items, static_cast<std::ptrdiff_t>(most))) {
        if (item.type == Node::Type::table)
            list.emplace_back(item, path_of(key), m_diagnostics);
        else
            wrong_type(key, item, Node::Type::table);
    }
    return list;
}

void Table::finish() {
    std::size_t reported = 0;
    for (const auto& entry : m_node.entries) {
        if (std::ranges::find(m_known, entry.key) != m_known.end() || ++reported > most_unknown_keys)
            continue;
        base::Diagnostic fault{.code = code::unknown_key,
                               .what = msg(N_("there is no key {key}"), {{"key", shown(path_of(entry.key))}}),
                               .where = entry.key_where,
                               .hints = {}};
        std::vector<std::string_view> free_keys;
        std::ranges::copy_if(m_known, std::back_inserter(free_keys),
                             [&](std::string_view known) { return m_node.find(known) == nullptr; });
        hint_nearest(fault, entry.key, base::nearest(entry.key, m_known) ? m_known : free_keys);
        m_diagnostics.add(std::move(fault));
    }
}

bool check_schema(Table& root) {
    const auto* const node = root.value("schema", Node::Type::integer, Need::required);
    if (node == nullptr || node->integer == 1)
        return true;
    root.diagnostics().add({.code = code::schema_unsupported,
                            .what = msg(N_("schema {found} is unknown; this eligate reads schema 1"),
                                        {{"found", std::to_string(node->integer)}}),
                            .where = node->where,
                            .hints = {}});
    return false;
}

} // namespace eligate::profile
