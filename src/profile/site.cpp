// SPDX-License-Identifier: Apache-2.0
#include "profile/site.hpp"

#include "catalog/catalog.hpp"
#include "profile/table.hpp"
#include "profile/utf8.hpp"
#include "profile/value.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::size_t most_intakes = 64;
constexpr std::size_t most_services = 16;

base::Diagnostic misplaced(std::string_view key, const base::SourceSpan& where) {
    return {.code = code::secret_misplaced,
            .what = msg(N_("{key} is a secret; it belongs into secrets.toml"), {{"key", shown(key)}}),
            .where = where,
            .hints = {msg(N_("move the line to secrets.toml under [secrets] and remove it here"))}};
}

/// Anywhere in the file: hidden first, whatever else is wrong with it.
void hide_what_sounds_secret(const Node& node, Document& document, base::Diagnostics& diagnostics) {
    for (const auto& entry : node.entries) {
        if (entry.node.type == Node::Type::string && sounds_secret(entry.key)) {
            document.hide(entry.node.where);
            diagnostics.add(misplaced(entry.key, entry.key_where));
        }
        hide_what_sounds_secret(entry.node, document, diagnostics);
    }
    for (const auto& item : node.items)
        hide_what_sounds_secret(item, document, diagnostics);
}

void hide_secrets_table(Table& root, Document& document) {
    const auto* const entry = root.entry_if_present("secrets");
    if (entry == nullptr)
        return;
    for (const auto& secret : entry->node.entries)
        document.hide(secret.node.where);
    root.diagnostics().add(misplaced("[secrets]", entry->key_where));
}

void check_interface(const Located<std::string>& interface, base::Diagnostics& diagnostics) {
    // Ours, and kernel-libipsec's: a tunnel through itself.
    constexpr auto taken = std::to_array<std::string_view>({"lo", "eligate0", "ipsec0"});
    if (std::ranges::find(taken, interface.value) == taken.end())
        return;
    diagnostics.add(
        {.code = code::malformed,
         .what = msg(N_("{interface} is neither a LAN nor a line"), {{"interface", interface.value}}),
         .where = interface.where,
         .hints = {}});
}

void read_intake(Table& root, Site& site) {
    const auto* const node = root.value("intake", Node::Type::table, Need::optional);
    if (node == nullptr)
        return;
    site.intake_where = node->where;
    auto& diagnostics = root.diagnostics();
    for (const auto& entry : node->entries) {
        if (site.intake.size() == most_intakes)
            break;
        if (sounds_secret(entry.key) && entry.node.type == Node::Type::string)
            continue;
        Located<std::string> key{.value = entry.key, .where = entry.key_where};
        Located<std::string> value{.value = entry.node.text, .where = entry.node.where};
        if (!check_word(key, Word::key, "intake", diagnostics))
            continue;
        if (entry.node.type != Node::Type::string)
            diagnostics.add({.code = code::wrong_type,
                             .what = msg(N_("{key} must be a text in quotes"), {{"key", entry.key}}),
                             .where = entry.node.where,
                             .hints = {}});
        else if (!check_word(value, Word::any, "intake." + entry.key, diagnostics))
            value.value.clear();
        site.intake.push_back({.key = std::move(key), .value = std::move(value)});
    }
}

void read_services(Table& root, Site& site) {
    const auto* const node = root.value("services", Node::Type::table, Need::optional);
    if (node == nullptr)
        return;
    site.services_where = node->where;
    for (const auto& entry : node->entries) {
        if (site.services.size() == most_services)
            break;
        Located<std::string> id{.value = entry.key, .where = entry.key_where};
        if (!check_word(id, Word::key, "services", root.diagnostics()))
            continue;
        if (entry.node.type != Node::Type::boolean)
            root.diagnostics().add({.code = code::wrong_type,
                                    .what = msg(N_("services.{key} must be true or false, without quotes"),
                                                {{"key", entry.key}}),
                                    .where = entry.node.where,
                                    .hints = {}});
        site.services.push_back({.id = std::move(id), .used = entry.node.boolean});
    }
}

void read_places(Table& root, Site& site) {
    if (auto clinic = root.table("clinic", Need::optional)) {
        const auto name = clinic->text("name", Word::display, Need::optional);
        site.clinic = name ? name->value : "";
        clinic->finish();
    }
    if (auto line = root.table("line", Need::optional)) {
        // The kinds that decide between IP-VPN and IPsec+IKE.
        if (auto kind = line->choice(
                "kind",
                {"flets", "collaboration", "catv", "ctc", "qtnet", "au", "nuro", "eo", "mobile", "other"},
                Need::optional))
            site.line = std::move(*kind);
        line->finish();
    }
    if (auto wan = root.table("wan", Need::optional)) {
        if (auto interface = wan->text("interface", Word::interface_name, Need::optional))
            site.wan_interface = std::move(*interface);
        wan->finish();
    }
    site.lan = read_lan(root);
    if (!site.wan_interface.value.empty())
        check_interface(site.wan_interface, root.diagnostics());
    for (const auto& interface : site.lan.interfaces)
        check_interface(interface, root.diagnostics());
    if (const auto dataplane = root.choice("dataplane", {"auto", "xfrm", "userspace"}, Need::optional);
        dataplane && dataplane->value != "auto")
        site.dataplane = dataplane->value == "xfrm" ? Dataplane::xfrm : Dataplane::userspace;
}

} // namespace

std::optional<Site> read_site(Document& document, base::Diagnostics& diagnostics) {
    if (document.root() == nullptr)
        return std::nullopt;
    Site site;
    site.file = document.file();
    site.intake_where = document.end();
    site.services_where = document.end();
    Table root(*document.root(), "", diagnostics);
    hide_secrets_table(root, document);
    hide_what_sounds_secret(*document.root(), document, diagnostics);
    if (!check_schema(root))
        return std::nullopt;
    if (auto profile = root.text("profile", Word::id, Need::required))
        site.profile = std::move(*profile);
    read_places(root, site);
    read_intake(root, site);
    read_services(root, site);
    root.finish();
    return site;
}

} // namespace eligate::profile
