// SPDX-License-Identifier: Apache-2.0
#include "cli/view/report.hpp"

#include "apply/record.hpp"
#include "cli/command/command.hpp"
#include "cli/observers.hpp"
#include "cli/system_entries.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace eligate::cli {

using catalog::Exit;

Exit verify_site(const Context& context) {
    const auto settled = load_site(context);
    if (!settled)
        return Exit::invalid;
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    const auto committed = apply::read_record(appliance->store);
    if (!committed)
        return report_untouched(context, committed.error());

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
