// SPDX-License-Identifier: Apache-2.0
#include "apply/hold.hpp"
#include "cli/command/change.hpp"
#include "cli/command/command.hpp"
#include "cli/command/outlook.hpp"
#include "cli/observers.hpp"
#include "cli/system_entries.hpp"
#include "cli/view/error.hpp"
#include "cli/view/outcome.hpp"
#include "cli/view/plan.hpp"
#include "cli/view/report.hpp"
#include "cli/view/standing.hpp"
#include "cli/width.hpp"
#include "net/address.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <ostream>
#include <string>

namespace eligate::cli {
namespace {

using apply::End;
using apply::Outcome;
using catalog::Exit;

/// The plan is shown where the question stands, and only to someone who can read it there; what changes
/// inside files is for `eligate plan`.
bool ask(const Context& context, Progress& progress, const apply::Plan& plan, const base::Message& question,
         const base::Message& hold = {}) {
    progress.hide();
    const auto& console = context.console;
    if (!context.options.yes || console.err_terminal)
        console.err << render(plan.actions, Detail::brief, context.err_style);
    if (!hold.empty()) {
        const auto& style = context.err_style;
        console.err << '\n';
        for (const auto& line : wrapped(style.say(hold), style.columns))
            console.err << style.paint(Tone::warning, line) << '\n';
    }
    return confirmed(context, question);
}

/// How long to wait for a confirmation, and why.
struct HoldWish {
    std::chrono::seconds time{};
    base::Message why = {};
};

HoldWish hold_wish(const Context& context, const apply::Plan& plan) {
    constexpr std::chrono::minutes by_default(5);
    const auto peer = net::Address::parse(context.engine.peer());
    const bool moves = peer && apply::changes_way_to(*peer, plan.actions);
    HoldWish wish{.time = context.options.hold_for.value_or(moves ? by_default : std::chrono::seconds(0))};
    const base::Argument time{.name = "time", .value = duration(wish.time)};
    if (moves && wish.time.count() > 0)
        wish.why =
            base::msg(N_("This changes the way to {peer}, from where you are logged in. It is kept only "
                         "if it is confirmed within {time} from a session that works; else it is put back."),
                      {{"peer", peer->text()}, time});
    else if (moves)
        wish.why =
            base::msg(N_("This changes the way to {peer}, from where you are logged in: this session may "
                         "not survive it."),
                      {{"peer", peer->text()}});
    else if (wish.time.count() > 0)
        wish.why =
            base::msg(N_("It is kept only if it is confirmed within {time}; else it is put back."), {time});
    return wish;
}

} // namespace

base::Message conclusion(const Outcome& outcome) {
    const base::Argument generation{.name = "generation", .value = std::to_string(outcome.generation)};
    switch (outcome.end) {
    case End::unchanged:
        return base::msg(N_("Nothing to change: this appliance is as the site file wants it."));
    case End::committed:
        if (!outcome.proven)
            return base::msg(
                N_("Kept without proof (generation {generation}): the provider's side does not answer as "
                   "it should yet. Nothing leaves in the clear. Once the service is open: {command}"),
                {generation, {"command", "sudo eligate apply"}});
        return base::msg(N_("Done: the tunnel carries traffic and stays (generation {generation})."),
                         {generation});
    case End::held:
        return base::msg(outcome.proven
                             ? N_("Proven. It is put back in {time} unless it is confirmed.")
                             : N_("Not proven yet. It is put back in {time} unless it is confirmed."),
                         {{.name = "time", .value = duration(outcome.waiting->left)}});
    case End::untouched:
        return base::msg(N_("Nothing was changed."));
    case End::rolled_back:
        return base::msg(N_("Everything was put back as it was before."));
    case End::incomplete:
        return base::msg(N_("Not everything could be put back. Please do by hand:"));
    }
    return {};
}

namespace {

base::Message removal_conclusion(const Outcome& outcome) {
    switch (outcome.end) {
    case End::unchanged:
    case End::committed:
    case End::held:
        return base::msg(
            N_("Everything that eligate made is gone. The site file and the secrets file are still "
               "there."));
    case End::untouched:
        return base::msg(N_("Nothing was changed."));
    case End::rolled_back:
        return base::msg(N_("Nothing was removed: everything was put back as it was before."));
    case End::incomplete:
        return base::msg(N_("Not everything could be put back. Please do by hand:"));
    }
    return {};
}

std::string render_errors(const Outcome& outcome, const Style& style) {
    return outcome.faults.empty() ? render(*outcome.error, style) : render(outcome.faults, style);
}

/// The ladder's report, where it says what failed better than the error that was made of it; else null.
const verify::Report* telling_report(const Outcome& outcome) {
    const bool interrupted = outcome.error && outcome.error->code == catalog::code::interrupted;
    return outcome.report && !outcome.report->passed() && !interrupted ? &*outcome.report : nullptr;
}

Tone tone_of(const Outcome& outcome) {
    const bool good = outcome.end == End::committed || outcome.end == End::unchanged;
    if (good)
        return outcome.proven ? Tone::good : Tone::warning;
    return outcome.end == End::held ? Tone::warning : Tone::bad;
}

void tell(const Context& context, const Outcome& outcome, const Contact& contact,
          const base::Message& sentence) {
    auto& out = context.console.out;
    const auto& style = context.out_style;
    const auto* const report = telling_report(outcome);
    if (outcome.report && !outcome.report->checks.empty())
        out << '\n' << render_checks(*outcome.report, style) << '\n';
    if (outcome.error && report == nullptr)
        context.console.err << render_errors(outcome, context.err_style);
    for (const auto& line : wrapped(style.say(sentence), style.columns))
        out << style.paint(tone_of(outcome), line) << '\n';
    out << render_leftover(outcome.leftover, style);
    if (report != nullptr)
        out << render_next_step(*report, contact, style);
    else if (outcome.error && catalog::row_of(outcome.error->code).party == catalog::Party::provider)
        out << render_call(contact, style);
    if (outcome.end == End::held)
        out << render_waiting(*outcome.waiting, style);
    if (outcome.end == End::committed && outcome.report)
        out << style.say(base::msg(N_("At any time: {command}"), {{"command", "sudo eligate status"}}))
            << '\n';
}

/// Ctrl-C at the question is an interruption, not a no.
void notice_interruption(const Context& context, Outcome& outcome) {
    if (outcome.end == End::untouched && context.cancel.requested())
        outcome.error =
            base::Error{.code = catalog::code::interrupted, .what = base::msg(N_("stopped on request"))};
}

std::uint32_t generation_of(const apply::Plan& plan) {
    return plan.record ? plan.record->generation : 0;
}

} // namespace

Exit conclude(const Context& context, const Outcome& outcome, const Place& place,
              const base::Message& sentence) {
    if (context.options.json) {
        auto json = record();
        json["site"] = place.site.empty() ? Json(nullptr) : Json(place.site);
        put_outcome(json, outcome, context.out_style);
        write(context, json);
        if (outcome.error)
            context.console.err << render_errors(outcome, context.err_style);
    } else {
        tell(context, outcome, place.contact, sentence);
    }
    return exit_of(outcome);
}

Exit apply_site(const Context& context) {
    const auto site = read_site(context);
    if (!site)
        return Exit::invalid;
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    return carry_out(context, *appliance, *site,
                     base::msg(N_("Apply this to {clinic}?"), {{"clinic", site->settled.clinic}}));
}

Exit carry_out(const Context& context, const Appliance& appliance, const Site& site,
               const base::Message& question) {
    const auto& settled = site.settled;
    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    progress.now(base::msg(N_("looking at the appliance")));
    ClimbObserver climb(progress);
    ApplyObserver observer(progress);
    auto outlook = look_ahead(context, appliance, settled, climb, observer, Depth::as_needed);
    if (!outlook.faults.empty()) {
        progress.hide();
        return report_faults(context, outlook.faults);
    }
    outlook.goal->provenance = site.provenance;
    outlook.goal->unproven = context.options.unproven;
    outlook.goal->hold = [&](const apply::Plan& plan) { return hold_wish(context, plan).time; };
    Origin origin{.profile_id = settled.profile_id};
    auto outcome = apply::apply_goal(
        engine_for(context, appliance, observer), *outlook.goal, [&](const apply::Plan& plan) {
            origin.generation = generation_of(plan);
            return ask(context, progress, plan, question, hold_wish(context, plan).why);
        });
    progress.hide();
    if (!outcome)
        return report(context, outcome.error());
    log_apply(appliance.system_log, *outcome, origin);
    notice_interruption(context, *outcome);
    return conclude(context, *outcome, {.site = settled.clinic, .contact = contact_of(settled)},
                    conclusion(*outcome));
}

Exit remove_site(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());

    Progress progress(context.console.err, context.console.err_terminal, context.err_style);
    progress.now(base::msg(N_("looking at the appliance")));
    ApplyObserver observer(progress);
    Place place;
    Origin origin;
    auto outcome = apply::remove_all(engine_for(context, *appliance, observer), [&](const apply::Plan& plan) {
        place.site = plan.record ? plan.record->clinic : std::string();
        origin = {.profile_id = plan.record ? plan.record->profile_id : std::string(),
                  .generation = generation_of(plan)};
        return ask(context, progress, plan, base::msg(N_("Remove all of this?")));
    });
    progress.hide();
    if (outcome) {
        log_removal(appliance->system_log, *outcome, origin);
        notice_interruption(context, *outcome);
        return conclude(context, *outcome, place, removal_conclusion(*outcome));
    }
    if (outcome.error().code == catalog::code::nothing_applied)
        // Removing twice is as good as removing once.
        return conclude(context, {.end = End::unchanged}, place, outcome.error().what);
    return report(context, outcome.error());
}

} // namespace eligate::cli
