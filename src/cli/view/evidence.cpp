// SPDX-License-Identifier: Apache-2.0
#include "cli/view/evidence.hpp"

#include "catalog/catalog.hpp"
#include "cli/view/table.hpp"
#include "cli/width.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::cli {
namespace {

/// Evidence is named by stable identifiers, because JSON carries them; these are their words for people.
constexpr auto names = std::to_array<std::pair<std::string_view, const char*>>({
    {"address", N_("address")},
    {"call", N_("system call")},
    {"connection", N_("connection")},
    {"error", N_("error")},
    {"file", N_("file")},
    {"gateway", N_("gateway")},
    {"holder", N_("held by process")},
    {"interface", N_("interface")},
    {"path", N_("path")},
    {"port", N_("port")},
    {"server", N_("server")},
    {"strongswan", N_("strongSwan says")},
});

} // namespace

std::string evidence_name(std::string_view name, const Style& style) {
    const auto* const found =
        std::ranges::find(names, name, &std::pair<std::string_view, const char*>::first);
    return found == names.end() ? visible(name) : style.say(base::msg(found->second));
}

std::string render(const base::Evidence& evidence, std::size_t indent, const Style& style) {
    Table lines;
    lines.reserve(evidence.size());
    for (const auto& [name, value] : evidence)
        lines.emplace_back(evidence_name(name, style), visible(value));
    return aligned(lines, indent, style);
}

std::string render_remedy(base::Code code, std::size_t indent, const Style& style) {
    const auto& row = catalog::row_of(code);
    const Table lines{{style.say(base::msg(N_("cause"))), style.say(base::msg(row.explanation))},
                      {style.say(base::msg(N_("to do"))), style.say(base::msg(row.action))},
                      {style.say(base::msg(N_("who"))), style.say(catalog::name_of(row.party))}};
    return aligned(lines, indent, style);
}

} // namespace eligate::cli
