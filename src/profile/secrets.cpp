// SPDX-License-Identifier: Apache-2.0
#include "profile/secrets.hpp"

#include "catalog/catalog.hpp"
#include "profile/lookalike.hpp"
#include "profile/table.hpp"
#include "profile/utf8.hpp"

#include <algorithm>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::size_t most_secrets = 32;
constexpr std::size_t longest_secret = 256;

/// Says which kind of character is wrong, never which character, nor where in the value it stands.
bool check_secret(const Entry& entry, base::Diagnostics& diagnostics) {
    const auto& text = entry.node.text;
    base::Diagnostic fault{
        .code = code::hidden_character, .what = {}, .where = entry.node.where, .hints = {}};
    const std::vector<base::Argument> key{{"key", entry.key}};
    if (text.empty() || text.size() > longest_secret) {
        fault.code = code::out_of_range;
        fault.what = text.empty() ? msg(N_("{key} is empty"), key)
                                  : msg(N_("{key} is longer than any key or password of this kind"), key);
    } else if (const auto oddity = first_oddity(text)) {
        switch (oddity->kind) {
        case Oddity::Kind::blank:
            fault.what = msg(N_("{key} begins or ends with a blank"), key);
            break;
        case Oddity::Kind::full_width:
            fault.what = msg(N_("{key} has a full-width character in it"), key);
            break;
        case Oddity::Kind::other:
            fault.what = msg(N_("{key} has a character in it that no keyboard types in half-width"), key);
            break;
        }
        fault.hints.push_back(
            msg(N_("type it again in half-width, character by character as on the papers")));
    } else {
        return true;
    }
    diagnostics.add(std::move(fault));
    return false;
}

/// False without [secrets]: then nothing can be said about what is missing in it.
bool read_values(Table& root, Secrets& secrets) {
    const auto* const node = root.value("secrets", Node::Type::table, Need::required);
    if (node == nullptr)
        return false;
    secrets.secrets_where = node->where;
    auto& diagnostics = root.diagnostics();
    for (const auto& entry : node->entries) {
        if (secrets.values.size() == most_secrets)
            break;
        // A secret written on the wrong side of the equals sign must not be repeated as a key.
        if (!is(Word::key, entry.key)) {
            diagnostics.add({.code = code::malformed,
                             .what = msg(N_("this is not a key; a line reads key = \"value\"")),
                             .where = entry.key_where,
                             .hints = {rule_of(Word::key)}});
            continue;
        }
        SiteSecret secret{.key = {.value = entry.key, .where = entry.key_where},
                          .value = base::Secret(),
                          .where = entry.node.where};
        if (entry.node.type != Node::Type::string)
            diagnostics.add({.code = code::wrong_type,
                             .what = msg(N_("{key} must be a text in quotes"), {{"key", entry.key}}),
                             .where = entry.node.where,
                             .hints = {}});
        else if (check_secret(entry, diagnostics))
            secret.value = base::Secret(std::string_view(entry.node.text));
        secrets.values.push_back(std::move(secret));
    }
    return true;
}

void refuse_other_keys(const Node& root, base::Diagnostics& diagnostics) {
    for (const auto& entry : root.entries)
        if (entry.key != "schema" && entry.key != "secrets")
            diagnostics.add({.code = code::unknown_key,
                             .what = msg(N_("a secrets file has only schema and [secrets]")),
                             .where = entry.key_where,
                             .hints = {msg(N_("the values stand under [secrets]"))}});
}

} // namespace

const SiteSecret* Secrets::find(std::string_view key) const {
    const auto found = std::ranges::find(values, key, [](const SiteSecret& one) { return one.key.value; });
    return found == values.end() ? nullptr : &*found;
}

std::optional<Secrets> read_secrets(const Document& document, base::Diagnostics& diagnostics) {
    if (document.root() == nullptr)
        return std::nullopt;
    Secrets secrets;
    secrets.file = document.file();
    Table root(*document.root(), "", diagnostics);
    if (!check_schema(root))
        return std::nullopt;
    refuse_other_keys(*document.root(), diagnostics);
    return read_values(root, secrets) ? std::optional(std::move(secrets)) : std::nullopt;
}

} // namespace eligate::profile
