// SPDX-License-Identifier: Apache-2.0
#include "apply/hold.hpp"
#include "cli/command/change.hpp"
#include "cli/command/command.hpp"
#include "cli/observers.hpp"
#include "cli/system_entries.hpp"

namespace eligate::cli {

using catalog::Exit;

namespace {

/// Read before the change: afterwards the record may be gone.
struct Site {
    Place place;
    Origin origin;
};

Site site_of(const Appliance& appliance) {
    Site site;
    if (const auto record = apply::read_record(appliance.store); record && *record) {
        site.place.site = (*record)->clinic;
        site.origin = {.profile_id = (*record)->profile_id, .generation = (*record)->generation};
    }
    return site;
}

} // namespace

Exit confirm_change(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    const auto site = site_of(*appliance);
    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    ApplyObserver observer(progress);
    const auto outcome =
        apply::confirm(engine_for(context, *appliance, observer), context.options.operands.front());
    progress.hide();
    if (!outcome)
        return report_untouched(context, outcome.error());
    log_apply(appliance->system_log, *outcome, site.origin);
    const auto sentence =
        outcome->end == apply::End::committed
            ? base::msg(N_("Confirmed: it stays (generation {generation})."),
                        {{.name = "generation", .value = std::to_string(outcome->generation)}})
            : conclusion(*outcome);
    return conclude(context, *outcome, site.place, sentence);
}

Exit give_up_change(const Context& context, const Appliance& appliance) {
    const auto site = site_of(appliance);
    if (!confirmed(context, base::msg(N_("Put back what {clinic} has not confirmed yet?"),
                                      {{"clinic", site.place.site}})))
        return report_untouched(
            context, {.code = catalog::code::not_confirmed, .what = base::msg(N_("not confirmed"))});
    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    ApplyObserver observer(progress);
    const auto outcome = apply::give_up(engine_for(context, appliance, observer), context.options.held);
    progress.hide();
    if (!outcome)
        return report_untouched(context, outcome.error());
    log_apply(appliance.system_log, *outcome, site.origin);
    return conclude(context, *outcome, site.place, conclusion(*outcome));
}

} // namespace eligate::cli
