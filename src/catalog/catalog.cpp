// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace eligate::catalog {
namespace {

constexpr auto table = std::to_array<Row>({
#define CODE(name, id, party, exit, retry, summary, explanation, action)                                     \
    Row{base::Code{id}, Party::party, Exit::exit, retry, summary, explanation, action},
#include "catalog/codes.def"
#undef CODE
});

} // namespace

std::span<const Row> rows() {
    return table;
}

std::optional<Row> find(std::string_view id) {
    const auto found = std::ranges::find(table, id, [](const Row& row) { return row.code.id; });
    return found == table.end() ? std::nullopt : std::optional(*found);
}

const Row& row_of(base::Code code) {
    const auto* const found = std::ranges::find(table, code, &Row::code);
    // Codes are made from the same table, so a missing row is a programming fault.
    if (found == table.end())
        std::abort();
    return *found;
}

std::string_view id_of(Party party) {
    switch (party) {
    case Party::site:
        return "site";
    case Party::appliance:
        return "appliance";
    case Party::line:
        return "line";
    case Party::provider:
        return "provider";
    case Party::centre:
        return "centre";
    case Party::terminal:
        return "terminal";
    }
    return "";
}

base::Message name_of(Party party) {
    switch (party) {
    case Party::site:
        return base::msg(N_("the clinic or its technician"));
    case Party::appliance:
        return base::msg(N_("this appliance"));
    case Party::line:
        return base::msg(N_("the internet line"));
    case Party::provider:
        return base::msg(N_("the VPN provider"));
    case Party::centre:
        return base::msg(N_("the centre (eligibility network)"));
    case Party::terminal:
        return base::msg(N_("the terminal"));
    }
    return {};
}

} // namespace eligate::catalog
