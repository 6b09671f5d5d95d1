// SPDX-License-Identifier: Apache-2.0
#include "cli/view/report.hpp"

#include "apply/generation.hpp"
#include "apply/record.hpp"
#include "cli/command/change.hpp"
#include "cli/command/command.hpp"
#include "cli/observers.hpp"
#include "cli/system_entries.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>
#include <utility>

namespace eligate::cli {

using catalog::Exit;

namespace {

/// What was applied is what is proven, also while somebody is editing the site file, and after a rollback.
/// Nothing where that is not known, or another site file is named.
std::optional<profile::Settled> applied_site(const Context& context, port::Store& store,
                                             const std::optional<apply::Record>& record) {
    if (!record)
        return std::nullopt;
    const auto generation = apply::read_generation(store, record->generation);
    if (!generation || !*generation || (*generation)->provenance.site != context.options.site)
        return std::nullopt;
    auto inputs = apply::read_inputs(store, **generation);
    if (!inputs || !*inputs)
        return std::nullopt;
    auto site = read_site(context, **generation, std::move(**inputs));
    return site ? std::optional(std::move(site->settled)) : std::nullopt;
}

} // namespace

Exit verify_site(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    const auto committed = apply::read_record(appliance->store);
    if (!committed)
        return report_untouched(context, committed.error());
    auto settled = applied_site(context, appliance->store, *committed);
    if (!settled)
        settled = load_site(context);
    if (!settled)
        return Exit::invalid;

    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    ClimbObserver observer(progress);
    const auto goal = appliance->goal(*settled, observer);
    if (!goal) {
        progress.hide();
        return report_untouched(context, goal.error());
    }
    const auto climbed = goal->prove({});
    progress.hide();
    if (context.cancel.requested())
        return report(context,
                      {.code = catalog::code::interrupted, .what = base::msg(N_("stopped on request"))});

    const auto& known = *committed;
    log_verify(appliance->system_log, climbed,
               {.profile_id = settled->profile_id, .generation = known ? known->generation : 0});

    if (context.options.json) {
        auto json = record();
        json["result"] = climbed.passed() ? "pass" : "fail";
        json["site"] = settled->clinic;
        json["generation"] = generation_json(*committed);
        json["checks"] = checks_json(climbed, context.out_style);
        write(context, json);
    } else {
        context.console.out << render(climbed, contact_of(*settled), context.out_style);
    }
    return climbed.passed() ? Exit::done : Exit::rolled_back;
}

} // namespace eligate::cli
