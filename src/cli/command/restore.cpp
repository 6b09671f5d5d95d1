// SPDX-License-Identifier: Apache-2.0
#include "apply/restore.hpp"
#include "apply/revive.hpp"

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
    case End::put_back:
        return "put_back";
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
    case End::put_back:
        return base::msg(N_("A change that was cut off was put back: the machine is as it was before it."));
    case End::incomplete:
        return base::msg(N_("Not everything stands. Please do by hand:"));
    }
    return {};
}

/// A timer runs this every 30 seconds: what it prints where nothing was missing would fill the journal. A
/// person at a terminal still gets an answer.
bool is_worth_telling(const Context& context, const Restoration& restoration) {
    return context.console.out_terminal || restoration.end == End::restored ||
           restoration.end == End::put_back || restoration.end == End::incomplete;
}

/// Nothing to say where the tunnel is up, or not this command's to bring up.
base::Message told_revival(const base::Result<apply::Revival>& revival) {
    if (revival && *revival == apply::Revival::revived)
        return base::msg(N_("The tunnel was down, and is up again."));
    if (revival && *revival == apply::Revival::renewed)
        return base::msg(N_("The tunnel was up, but nothing came back through it; it was begun anew."));
    if (revival && *revival == apply::Revival::refused)
        return base::msg(N_("The tunnel is down, and no gateway takes it. To find the cause: {command}"),
                         {{"command", "sudo eligate verify"}});
    return {};
}

void tell(const Context& context, const Restoration& restoration, const base::Message& revival) {
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
        line(base::msg(
            N_("A change was cut off, and not all of it could be put back yet; the next run goes on.")));
    }
    if (!revival.empty())
        line(revival);
}

/// False where all has come to its end before the time was over. Whoever started the wait reads a word as
/// soon as it has begun (linux/supervisor.hpp).
bool wait_for_it(const Context& context, port::Deadline& deadline) {
    return deadline.wait(context.options.after, context.cancel, [&] {
        context.console.out << "waiting\n" << std::flush;
    });
}

/// null where it could not be found out.
Json to_json(const base::Result<apply::Revival>& revival) {
    using apply::Revival;
    if (!revival || *revival == Revival::not_now || *revival == Revival::not_wanted)
        return nullptr;
    if (*revival == Revival::up)
        return "up";
    if (*revival == Revival::renewed)
        return "renewed";
    return *revival == Revival::revived ? "revived" : "refused";
}

Json to_json(const Restoration& restoration, const base::Result<apply::Revival>& revival,
             const Style& style) {
    auto json = record();
    json["result"] = id_of(restoration.end);
    json["generation"] = restoration.generation > 0 ? Json(restoration.generation) : Json(nullptr);
    json["unfinished"] = restoration.unfinished;
    json["held"] = restoration.held;
    json["tunnel"] = to_json(revival);
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
    if (context.options.after.count() > 0 && !wait_for_it(context, appliance->deadline))
        return Exit::done;
    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    ApplyObserver observer(progress);
    const auto restoration = apply::restore(engine_for(context, *appliance, observer),
                                            appliance->canonical_firewall, context.options.overdue);
    progress.hide();
    if (!restoration)
        return report_untouched(context, restoration.error());

    log_restore(appliance->system_log, *restoration);
    const auto revival = apply::revive(engine_for(context, *appliance, observer));
    if (revival && *revival == apply::Revival::revived)
        log_revival(appliance->system_log, *restoration);
    if (revival && *revival == apply::Revival::renewed)
        log_renewal(appliance->system_log, *restoration);
    const bool incomplete = restoration->end == End::incomplete;
    if (incomplete)
        context.console.err << render(*restoration->error, context.err_style);
    if (context.options.json)
        write(context, to_json(*restoration, revival, context.out_style));
    else
        tell(context, *restoration, told_revival(revival));
    return incomplete ? catalog::row_of(restoration->error->code).exit : Exit::done;
}

} // namespace eligate::cli
