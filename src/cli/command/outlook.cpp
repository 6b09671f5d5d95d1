// SPDX-License-Identifier: Apache-2.0
#include "cli/command/outlook.hpp"

#include "cli/command/command.hpp"
#include "cli/view/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <ostream>
#include <utility>

namespace eligate::cli {
namespace {

namespace code = catalog::code;
using catalog::Exit;
using Faults = std::vector<base::Error>;

/// One thing may be found in two ways.
void add(Faults& faults, base::Error fault) {
    if (std::ranges::none_of(faults, [&](const base::Error& known) { return known.code == fault.code; }))
        faults.push_back(std::move(fault));
}

/// Without the answers of strongSwan and nft nothing can be compared.
bool can_look(const Faults& faults) {
    return std::ranges::none_of(faults, [](const base::Error& fault) {
        return fault.code == code::charon_unreachable || fault.code == code::charon_silent ||
               fault.code == code::charon_lost || fault.code == code::charon_protocol ||
               fault.code == code::nft_missing || fault.code == code::nftables_missing ||
               fault.code == code::interrupted;
    });
}

void add_plan(const Context& context, const Appliance& appliance, apply::Observer& observer,
              Outlook& outlook) {
    auto plan = apply::plan_goal(engine_for(context, appliance, observer), outlook.goal->desired);
    if (!plan) {
        add(outlook.faults, std::move(plan).error());
        return;
    }
    std::ranges::move(apply::obstacles(*plan, *outlook.goal, apply::Trying::looks),
                      std::back_inserter(outlook.faults));
    outlook.plan = std::move(*plan);
}

} // namespace

Outlook look_ahead(const Context& context, const Appliance& appliance, const profile::Settled& settled,
                   verify::Observer& climb, apply::Observer& observer, Depth depth) {
    Outlook outlook{.faults = appliance.readiness(settled)};
    if (can_look(outlook.faults)) {
        if (auto goal = appliance.goal(settled, climb))
            outlook.goal = std::move(*goal);
        else
            add(outlook.faults, std::move(goal).error());
    }
    if (outlook.goal && (depth == Depth::whole || !outlook.faults.empty()))
        add_plan(context, appliance, observer, outlook);
    // Where no plan can be made, a first apply will write all the same.
    const auto known = apply::read_record(appliance.store);
    if (!outlook.faults.empty() && !outlook.plan && known && !*known)
        std::ranges::move(appliance.first_room(), std::back_inserter(outlook.faults));
    return outlook;
}

Json faults_json(const Faults& faults, const Style& style) {
    auto list = Json::array();
    for (const auto& fault : faults)
        list.push_back(to_json(fault, style));
    return list;
}

std::string render(const Faults& faults, const Style& style) {
    std::string out;
    for (const auto& fault : faults)
        out += (out.empty() ? "" : "\n") + render(fault, style);
    return out;
}

Exit report_faults(const Context& context, const Faults& faults) {
    const auto interruption = std::ranges::find(faults, code::interrupted, &base::Error::code);
    const auto& first = interruption == faults.end() ? faults.front() : *interruption;
    if (context.options.json) {
        auto json = record();
        json["result"] = "error";
        json["error"] = to_json(first, context.out_style);
        json["faults"] = faults_json(faults, context.out_style);
        json["diagnostics"] = Json::array();
        write(context, json);
    }
    context.console.err << render(faults, context.err_style);
    const auto exit = catalog::row_of(first.code).exit;
    return exit == Exit::invalid || exit == Exit::interrupted ? exit : Exit::failed;
}

} // namespace eligate::cli
