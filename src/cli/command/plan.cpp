// SPDX-License-Identifier: Apache-2.0
#include "cli/view/plan.hpp"

#include "cli/command/command.hpp"
#include "cli/observers.hpp"
#include "cli/view/error.hpp"
#include "cli/width.hpp"

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>
#include <vector>

namespace eligate::cli {
namespace {

using catalog::Exit;

void tell(const Context& context, const profile::Settled& settled, const apply::Plan& plan,
          const std::vector<base::Message>& notes) {
    auto& out = context.console.out;
    const auto& style = context.out_style;
    const auto line = [&](const base::Message& message) {
        out << paragraph("", style.say(message), style.columns);
    };
    if (plan.unfinished)
        line(base::msg(N_("An earlier run was cut off; apply puts its changes back first.")));
    if (plan.actions.empty()) {
        line(base::msg(N_("Nothing to change: this appliance is as the site file wants it.")));
        return;
    }
    line(base::msg(N_("{clinic}, {provider}; changes: {count}"),
                   {{"clinic", settled.clinic},
                    {.name = "provider", .value = settled.provider_name},
                    {"count", std::to_string(plan.actions.size())}}));
    out << '\n' << render(plan.actions, Detail::full, style) << '\n';
    for (const auto& note : notes)
        line(note);
    line(base::msg(N_("Nothing has been changed.")));
    line(base::msg(N_("Next: {command}"), {{"command", "sudo eligate apply"}}));
}

} // namespace

Exit plan_site(const Context& context) {
    const auto settled = load_site(context);
    if (!settled)
        return Exit::invalid;
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());

    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    progress.now(base::msg(N_("looking at the appliance")));
    ClimbObserver climb(progress);
    ApplyObserver observer(progress);
    const auto goal = appliance->goal(*settled, climb);
    const auto plan = goal ? apply::plan_goal(engine_for(context, *appliance, observer), goal->desired)
                           : base::Result<apply::Plan>(base::Unexpected(goal.error()));
    progress.hide();
    if (!plan)
        return report_untouched(context, plan.error());

    // What an unfinished run left is ours, and put back first.
    const auto startable = plan->unfinished ? base::Result<>() : apply::refuse_foreign(*plan);
    if (context.options.json) {
        auto json = record();
        json["result"] = plan->actions.empty() ? "unchanged" : "changes";
        json["site"] = settled->clinic;
        json["generation"] = generation_json(plan->record);
        json["unfinished"] = plan->unfinished;
        json["actions"] = to_json(plan->actions, context.out_style);
        json["notes"] = Json::array();
        for (const auto& note : goal->notes)
            json["notes"].push_back(context.out_style.say(note));
        json["error"] = startable ? Json(nullptr) : to_json(startable.error(), context.out_style);
        write(context, json);
    } else {
        tell(context, *settled, *plan, goal->notes);
        if (!startable)
            context.console.err << render(startable.error(), context.err_style);
    }
    if (!startable)
        return Exit::failed;
    const bool pending = !plan->actions.empty() || plan->unfinished;
    return pending && context.options.exit_code ? Exit::pending : Exit::done;
}

} // namespace eligate::cli
