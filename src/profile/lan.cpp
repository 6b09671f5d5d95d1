// SPDX-License-Identifier: Apache-2.0
#include "profile/lan.hpp"

#include "catalog/catalog.hpp"
#include "profile/utf8.hpp"
#include "profile/value.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

constexpr std::size_t most_terminals = 256;
constexpr std::size_t most_prefixes = 16;
constexpr std::size_t most_interfaces = 16;
/// The whole LAN, as a terminal.
constexpr std::string_view whole_lan = "lan";

bool is_whole_lan(const std::vector<Located<std::string>>& texts) {
    return texts.size() == 1 && texts.front().value == whole_lan;
}

/// Also with a wave dash, a tilde or a full-width hyphen, as people write it in Japanese.
bool looks_like_range(std::string_view text) {
    constexpr auto marks = std::to_array<std::string_view>({"-", "~", "\u301c", "\uff5e", "\uff0d"});
    return std::ranges::any_of(
        marks, [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

/// "192.168.1.50-192.168.1.59"
std::vector<net::Prefix> range_of(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = net::Address::parse(text.substr(0, dash));
    const auto last = net::Address::parse(dash == std::string_view::npos ? "" : text.substr(dash + 1));
    if (!first || !last || first->family() != net::Family::ipv4)
        return {};
    return net::between(*first, *last);
}

void add_terminal(const Located<std::string>& text, Lan& lan, base::Diagnostics& diagnostics) {
    if (!looks_like_range(text.value)) {
        if (const auto prefix = check_prefix(text, "lan.terminals", diagnostics))
            lan.terminals.push_back({.value = *prefix, .where = text.where});
        return;
    }
    const auto prefixes = range_of(text.value);
    for (const auto& prefix : prefixes)
        lan.terminals.push_back({.value = prefix, .where = text.where});
    if (prefixes.empty())
        diagnostics.add(
            {.code = code::malformed,
             .what = msg(N_("lan.terminals: “{value}” is not a range of addresses"),
                         {{"value", shown(text.value)}}),
             .where = text.where,
             .hints = {msg(N_("the first and the last address, joined by a hyphen without blanks: "
                              "\"192.168.1.50-192.168.1.59\""))}});
}

void check_terminal_places(const Lan& lan, base::Diagnostics& diagnostics) {
    if (lan.prefixes.empty())
        return;
    std::vector<net::Prefix> prefixes;
    prefixes.reserve(lan.prefixes.size());
    for (const auto& prefix : lan.prefixes)
        prefixes.push_back(prefix.value);
    const base::SourceSpan* reported = nullptr;
    for (const auto& terminal : lan.terminals) {
        // A range is told once.
        if (net::covers(prefixes, terminal.value) || (reported != nullptr && *reported == terminal.where))
            continue;
        reported = &terminal.where;
        diagnostics.add(
            {.code = code::malformed,
             .what = msg(N_("the terminal {address} is not within lan.prefix {prefix}"),
                         {{"address", short_text(terminal.value)}, {"prefix", net::text_of(prefixes)}}),
             .where = terminal.where,
             .hints = {}});
    }
}

void read_terminals(Table& table, Lan& lan) {
    auto& diagnostics = table.diagnostics();
    const auto texts = table.one_or_more("terminals", Word::any, Need::optional, most_terminals);
    if (is_whole_lan(texts)) {
        for (const auto& prefix : lan.prefixes)
            lan.terminals.push_back({.value = prefix.value, .where = texts.front().where});
        if (lan.prefixes.empty())
            diagnostics.add(
                {.code = code::terminals_missing,
                 .what = msg(N_("lan.terminals is the whole LAN, and lan.prefix does not say what that is")),
                 .where = texts.front().where,
                 .hints = {msg(N_("under [lan]: prefix = \"192.168.1.0/24\""))}});
        return;
    }
    for (const auto& text : texts)
        add_terminal(text, lan, diagnostics);
    check_terminal_places(lan, diagnostics);
    if (lan.terminals.empty() && !lan.interfaces.empty() && table.entry_if_present("terminals") == nullptr)
        diagnostics.add(
            {.code = code::terminals_missing,
             .what = msg(N_("lan.terminals is missing: nobody on {interface} could use the tunnel"),
                         {{"interface", lan.interfaces.front().value}}),
             .where = table.where(),
             .hints = {msg(N_("list the terminals' addresses, for example terminals = "
                              "[\"192.168.1.50\"]"))}});
}

void read_probe(Table& table, Lan& lan) {
    const auto text = table.text("probe", Word::any, Need::optional);
    if (!text)
        return;
    auto& diagnostics = table.diagnostics();
    const auto address = check_address(*text, "lan.probe", diagnostics);
    if (!address)
        return;
    lan.probe = {.value = *address, .where = text->where};
    const bool inside = lan.prefixes.empty() || std::ranges::any_of(lan.prefixes, [&](const auto& prefix) {
                            return prefix.value.contains(*address);
                        });
    if (!inside)
        diagnostics.add(
            {.code = code::malformed,
             .what = msg(N_("lan.probe {address} is not within lan.prefix"), {{"address", address->text()}}),
             .where = text->where,
             .hints = {msg(N_("an address of the terminals' network that no device has, outside of what DHCP "
                              "gives out"))}});
}

void read_forwarder(Table& lan_table, Lan& lan) {
    auto table = lan_table.table("forwarder", Need::optional);
    if (!table)
        return;
    LanForwarder forwarder;
    if (const auto other = table->choice("other", {"line", "refuse"}, Need::optional))
        forwarder.other_by_line = other->value == "line";
    lan.forwarder = forwarder;
    if (lan.terminals.empty() && lan_table.entry_if_present("terminals") == nullptr)
        lan_table.diagnostics().add(
            {.code = code::terminals_missing,
             .what = msg(N_("lan.forwarder answers the terminals, and lan.terminals names none")),
             .where = table->where(),
             .hints = {msg(N_("list the terminals' addresses, for example terminals = "
                              "[\"192.168.1.50\"]"))}});
    table->finish();
}

} // namespace

Lan read_lan(Table& root) {
    Lan lan;
    auto table = root.table("lan", Need::optional);
    if (!table)
        return lan;
    lan.interfaces = table->one_or_more("interface", Word::interface_name, Need::optional, most_interfaces);
    lan.prefixes = check_prefixes(table->one_or_more("prefix", Word::any, Need::optional, most_prefixes),
                                  "lan.prefix", root.diagnostics());
    read_terminals(*table, lan);
    read_probe(*table, lan);
    read_forwarder(*table, lan);
    table->finish();
    return lan;
}

} // namespace eligate::profile
