// SPDX-License-Identifier: Apache-2.0
#include "apply/restore.hpp"

#include "cli/command/command.hpp"
#include "cli/observers.hpp"
#include "cli/system_entries.hpp"
#include "cli/view/error.hpp"
#include "cli/view/outcome.hpp"
#include "cli/view/plan.hpp"
#include "cli/width.hpp"

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>
#include <string_view>

namespace eligate::cli {
namespace {

using apply::Restoration;
using catalog::Exit;
using End = apply::Restoration::End;

std::string_view id_of(End end) {
    switch (end) {
    case End::no_record:
        return "no_record";
    case End::standing:
        return "standing";
    case End::busy:
        return "busy";
    case End::restored:
        return "restored";
    case End::incomplete:
        return "incomplete";
    }
    return "";
}

base::Message sentence_of(const Restoration& restoration) {
    switch (restoration.end) {
    case End::no_record:
        return base::msg(N_("Nothing has been applied on this machine."));
    case End::standing:
        return base::msg(N_("Firewall and routes stand as eligate left them."));
    case End::busy:
        return base::msg(N_("Another eligate is at work on it, so nothing was touched."));
    case End::restored:
        return base::msg(N_("Firewall and routes stand again as eligate left them:"));
    case End::incomplete:
        return base::msg(N_("Not everything stands. Please do by hand:"));
    }
    return {};
}

/// A timer runs this every 30 seconds: what it prints where nothing was missing would fill the journal. A
/// person at a terminal still gets an answer.
bool is_worth_telling(const Context& context, const Restoration& restoration) {
    return context.console.out_terminal || restoration.end == End::restored ||
           restoration.end == End::incomplete;
}

void tell(const Context& context, const Restoration& restoration) {
    if (!is_worth_telling(context, restoration))
        return;
    auto& out = context.console.out;
    const auto& style = context.out_style;
    const auto line = [&](const base::Message& message) {
        out << paragraph("", style.say(message), style.columns);
    };
    line(sentence_of(restoration));
    if (restoration.end == End::restored)
        out << render(restoration.actions, Detail::brief, style);
    out << render_leftover(restoration.leftover, style);
    if (restoration.unfinished) {
        line(base::msg(N_("An earlier run was cut off; apply puts its changes back first.")));
        line(base::msg(N_("Next: {command}"), {{"command", "sudo eligate apply"}}));
    }
}

Json to_json(const Restoration& restoration, const Style& style) {
    auto json = record();
    json["result"] = id_of(restoration.end);
    json["generation"] = restoration.generation > 0 ? Json(restoration.generation) : Json(nullptr);
    json["unfinished"] = restoration.unfinished;
    json["actions"] = to_json(restoration.actions, style);
    json["leftover"] = to_json(restoration.leftover, style);
    json["error"] = restoration.error ? to_json(*restoration.error, style) : Json(nullptr);
    return json;
}

} // namespace

Exit restore_kernel(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    ApplyObserver observer(progress);
    const auto restoration =
        apply::restore(engine_for(context, *appliance, observer), appliance->canonical_firewall);
    progress.hide();
    if (!restoration)
        return report_untouched(context, restoration.error());

    log_restore(appliance->system_log, *restoration);
    const bool incomplete = restoration->end == End::incomplete;
    if (incomplete)
        context.console.err << render(*restoration->error, context.err_style);
    if (context.options.json)
        write(context, to_json(*restoration, context.out_style));
    else
        tell(context, *restoration);
    return incomplete ? catalog::row_of(restoration->error->code).exit : Exit::done;
}

} // namespace eligate::cli
