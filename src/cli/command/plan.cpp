// SPDX-License-Identifier: Apache-2.0
#include "cli/view/plan.hpp"

#include "cli/command/change.hpp"
#include "cli/command/command.hpp"
#include "cli/command/outlook.hpp"
#include "cli/observers.hpp"
#include "cli/view/drift.hpp"
#include "cli/view/error.hpp"
#include "cli/width.hpp"

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace eligate::cli {
namespace {

using catalog::Exit;

std::vector<apply::Drift> drift_of(const apply::Plan& plan, const Appliance& appliance) {
    return plan.record ? apply::drift_of(plan.observed, plan.record->owned, appliance.trace)
                       : std::vector<apply::Drift>();
}

/// Something to prove though nothing is to change; `apply` sees it alike.
bool only_files_differ(const apply::Plan& plan, const Appliance& appliance, const Site& site) {
    return plan.actions.empty() && !plan.unfinished && plan.record &&
           apply::is_made_of_others(appliance.store, plan.record->generation, site.provenance.inputs);
}

void tell_of_no_change(const Context& context, bool only_files) {
    const auto& style = context.out_style;
    const auto line = [&](const base::Message& message) {
        context.console.out << paragraph("", style.say(message), style.columns);
    };
    if (!only_files) {
        line(base::msg(N_("Nothing to change: this appliance is as the site file wants it.")));
        return;
    }
    line(base::msg(
        N_("Nothing to change on this appliance. But the files say something else than when they were "
           "applied (a name, what verify asks for, a comment); apply proves that, and keeps it.")));
    line(base::msg(N_("Next: {command}"), {{"command", "sudo eligate apply"}}));
}

void tell(const Context& context, const profile::Settled& settled, const Outlook& outlook,
          const std::vector<apply::Drift>& drift, bool only_files) {
    const auto& plan = *outlook.plan;
    auto& out = context.console.out;
    const auto& style = context.out_style;
    const auto line = [&](const base::Message& message) {
        out << paragraph("", style.say(message), style.columns);
    };
    if (plan.unfinished)
        line(base::msg(N_("An earlier run was cut off; apply puts its changes back first.")));
    if (plan.actions.empty()) {
        tell_of_no_change(context, only_files);
        return;
    }
    line(base::msg(N_("{clinic}, {provider}; changes: {count}"),
                   {{"clinic", settled.clinic},
                    {.name = "provider", .value = settled.provider_name},
                    {"count", std::to_string(plan.actions.size())}}));
    if (!drift.empty())
        out << '\n' << render(drift, *plan.record, style);
    out << '\n' << render(plan.actions, Detail::full, style) << '\n';
    for (const auto& note : outlook.goal->notes)
        line(note);
    line(base::msg(N_("Nothing has been changed.")));
    if (outlook.faults.empty())
        line(base::msg(N_("Next: {command}"), {{"command", "sudo eligate apply"}}));
}

} // namespace

Exit plan_site(const Context& context) {
    const auto site = read_site(context);
    if (!site)
        return Exit::invalid;
    const auto& settled = site->settled;
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());

    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    progress.now(base::msg(N_("looking at the appliance")));
    ClimbObserver climb(progress);
    ApplyObserver observer(progress);
    const auto outlook = look_ahead(context, *appliance, settled, climb, observer, Depth::whole);
    progress.hide();
    const auto& plan = outlook.plan;
    if (!plan)
        return report_faults(context, outlook.faults);

    const auto drift = drift_of(*plan, *appliance);
    const bool only_files = only_files_differ(*plan, *appliance, *site);
    if (context.options.json) {
        auto json = record();
        json["result"] = !outlook.faults.empty() ? "error" : plan->actions.empty() ? "unchanged" : "changes";
        json["site"] = settled.clinic;
        json["generation"] = generation_json(plan->record);
        json["unfinished"] = plan->unfinished;
        json["only_files_differ"] = only_files;
        json["actions"] = to_json(plan->actions, context.out_style);
        json["drift"] = to_json(drift, context.out_style);
        json["notes"] = Json::array();
        for (const auto& note : outlook.goal->notes)
            json["notes"].push_back(context.out_style.say(note));
        json["error"] =
            outlook.faults.empty() ? Json(nullptr) : to_json(outlook.faults.front(), context.out_style);
        json["faults"] = faults_json(outlook.faults, context.out_style);
        write(context, json);
    } else {
        tell(context, settled, outlook, drift, only_files);
    }
    context.console.err << render(outlook.faults, context.err_style);
    if (!outlook.faults.empty())
        return Exit::failed;
    const bool pending = !plan->actions.empty() || plan->unfinished;
    return pending && context.options.exit_code ? Exit::pending : Exit::done;
}

} // namespace eligate::cli
