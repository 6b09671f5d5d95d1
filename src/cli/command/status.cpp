// SPDX-License-Identifier: Apache-2.0
#include "appliance/desired_state.hpp"
#include "apply/hold.hpp"
#include "cli/command/command.hpp"
#include "cli/view/standing.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>
#include <variant>

namespace eligate::cli {
namespace {

using base::Result;

Result<Standing> look(const Appliance& appliance) {
    Standing standing;
    ELIGATE_TRY_ASSIGN(standing.committed, apply::read_record(appliance.store));
    ELIGATE_TRY_ASSIGN(const auto journal, apply::Journal::read(appliance.store));
    standing.waiting = apply::waiting(journal, standing.committed, appliance.deadline.uptime());
    standing.unfinished = journal.has_value() && !standing.waiting;
    if (!standing.committed)
        return standing;

    const std::array<plan::State, 1> scope{standing.committed->owned};
    ELIGATE_TRY_ASSIGN(const auto observed, appliance.machine.observe(scope));
    standing.drift = apply::drift_of(observed, standing.committed->owned, appliance.trace);

    ELIGATE_TRY_ASSIGN(standing.tunnels, appliance.list_sas());
    std::erase_if(standing.tunnels,
                  [](const vici::IkeSa& sa) { return !sa.name.starts_with(appliance::connection_prefix); });
    std::ranges::sort(standing.tunnels, {}, [](const vici::IkeSa& sa) {
        return std::pair(std::ranges::none_of(sa.children, &vici::ChildSa::installed), sa.uniqueid);
    });
    return standing;
}

} // namespace

catalog::Exit status(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    const auto standing = look(*appliance);
    if (!standing)
        return report_untouched(context, standing.error());
    if (context.options.json)
        write(context, to_json(*standing, context.out_style));
    else
        context.console.out << render(*standing, context.out_style);
    const auto verdict = verdict_on(*standing);
    return verdict == Verdict::up || verdict == Verdict::drifted ? catalog::Exit::done
                                                                 : catalog::Exit::failed;
}

} // namespace eligate::cli
