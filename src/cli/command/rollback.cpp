// SPDX-License-Identifier: Apache-2.0
#include "apply/hold.hpp"
#include "cli/command/change.hpp"
#include "cli/command/command.hpp"
#include "cli/command/generations.hpp"
#include "cli/width.hpp"

#include <ostream>
#include <string>
#include <utility>

namespace eligate::cli {
namespace {

using base::Result;
using catalog::Exit;
namespace code = catalog::code;

struct Earlier {
    apply::Generation generation;
    std::vector<apply::Input> inputs;
};

/// The kept one before the current one.
Result<std::uint32_t> one_before(port::Store& store, std::uint32_t current) {
    ELIGATE_TRY_ASSIGN(const auto kept, apply::kept_numbers(store, current - 1));
    if (kept.empty())
        return base::fail(code::generation_missing, base::msg(N_("there is no generation before {number}"),
                                                              {{"number", std::to_string(current)}}));
    return kept.back();
}

Result<Earlier> find(const Context& context, port::Store& store) {
    ELIGATE_TRY_ASSIGN(const auto current, current_generation(store));
    const auto& operands = context.options.operands;
    auto number = operands.empty() ? one_before(store, current) : number_in(operands.front());
    if (!number)
        return base::Unexpected(std::move(number).error());
    ELIGATE_TRY_ASSIGN(auto generation, kept_generation(store, *number, current));
    ELIGATE_TRY_ASSIGN(auto inputs, apply::read_inputs(store, generation));
    if (!inputs)
        return base::fail(code::generation_secrets,
                          base::msg(N_("the secrets of generation {number} are no longer kept"),
                                    {{"number", std::to_string(*number)}}),
                          {{"generation", std::to_string(*number)}});
    return Earlier{.generation = std::move(generation), .inputs = std::move(*inputs)};
}

bool a_change_waits(const Appliance& appliance) {
    const auto journal = apply::Journal::read(appliance.store);
    const auto record = apply::read_record(appliance.store);
    return journal && record && apply::waiting(*journal, *record, appliance.deadline.uptime());
}

/// The files are a person's: they stay, and it is told where they say something else than what stands now.
void tell_of_other_files(const Context& context, const std::vector<apply::Input>& inputs) {
    const auto& style = context.err_style;
    for (const auto& input : inputs) {
        const auto now = context.engine.disk.read(input.path);
        if (now && *now == input.text)
            continue;
        context.console.err << paragraph(
            "",
            style.say(base::msg(N_("{file} says something else now; the next apply would follow it."),
                                {{"file", input.path}})),
            style.columns);
    }
}

} // namespace

Exit rollback_site(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    if (!context.options.held.empty() || (context.options.operands.empty() && a_change_waits(*appliance)))
        return give_up_change(context, *appliance);
    const auto earlier = find(context, appliance->store);
    if (!earlier)
        return earlier.error().code == code::usage ? report(context, earlier.error())
                                                   : report_untouched(context, earlier.error());
    const auto site = read_site(context, earlier->generation, earlier->inputs);
    if (!site)
        return Exit::invalid;
    const auto exit = carry_out(context, *appliance, *site,
                                base::msg(N_("Go back to generation {number} of {clinic}?"),
                                          {{"number", std::to_string(earlier->generation.number)},
                                           {"clinic", site->settled.clinic}}));
    if (exit == Exit::done)
        tell_of_other_files(context, earlier->inputs);
    return exit;
}

} // namespace eligate::cli
