// SPDX-License-Identifier: Apache-2.0
#include "cli/view/history.hpp"

#include "apply/generation.hpp"
#include "cli/command/command.hpp"
#include "cli/command/generations.hpp"

#include <nlohmann/json.hpp>

#include <ostream>
#include <string_view>
#include <utility>

namespace eligate::cli {
namespace {

using apply::Generation;
using base::Result;
using catalog::Exit;

/// With what is kept of its secrets, so that two can be compared; none of it is shown.
Result<Generation> with_secrets(port::Store& store, Generation generation) {
    ELIGATE_TRY_ASSIGN(auto inputs, apply::read_inputs(store, generation));
    if (inputs)
        generation.provenance.inputs = std::move(*inputs);
    return generation;
}

Result<> list_all(const Context& context, port::Store& store, std::uint32_t current) {
    ELIGATE_TRY_ASSIGN(const auto numbers, apply::kept_numbers(store, current));
    std::vector<Generation> generations;
    for (const auto number : numbers) {
        ELIGATE_TRY_ASSIGN(auto generation, kept_generation(store, number, current));
        generations.push_back(std::move(generation));
    }
    if (context.options.json)
        write(context, to_json(generations, current, context.out_style));
    else
        context.console.out << render(generations, current, context.out_style);
    return {};
}

Result<> show_one(const Context& context, port::Store& store, std::uint32_t number, std::uint32_t current) {
    ELIGATE_TRY_ASSIGN(const auto generation, kept_generation(store, number, current));
    if (context.options.json) {
        auto json = record();
        json["result"] = "generation";
        json["generation"] = to_json(generation, context.out_style);
        write(context, json);
    } else {
        context.console.out << render(generation, context.out_style);
    }
    return {};
}

Result<> compare(const Context& context, port::Store& store, Range range, std::uint32_t current) {
    ELIGATE_TRY_ASSIGN(auto first, kept_generation(store, range.first, current));
    ELIGATE_TRY_ASSIGN(auto second, kept_generation(store, range.last, current));
    ELIGATE_TRY_ASSIGN(first, with_secrets(store, std::move(first)));
    ELIGATE_TRY_ASSIGN(second, with_secrets(store, std::move(second)));
    const auto changes = changes_between(first, second);
    if (context.options.json) {
        auto json = record();
        json["result"] = "difference";
        json["from"] = first.number;
        json["to"] = second.number;
        json["changes"] = to_json(changes);
        write(context, json);
    } else {
        context.console.out << render(changes, context.out_style);
    }
    return {};
}

Result<> show(const Context& context, port::Store& store) {
    ELIGATE_TRY_ASSIGN(const auto current, current_generation(store));
    if (context.options.operands.empty())
        return list_all(context, store, current);
    ELIGATE_TRY_ASSIGN(const auto range, range_in(context.options.operands.front()));
    return range.first == range.last ? show_one(context, store, range.first, current)
                                     : compare(context, store, range, current);
}

} // namespace

Exit history(const Context& context) {
    const auto appliance = context.engine.appliance();
    if (!appliance)
        return report_untouched(context, appliance.error());
    const auto shown = show(context, appliance->store);
    if (shown)
        return Exit::done;
    return shown.error().code == catalog::code::usage ? report(context, shown.error())
                                                      : report_untouched(context, shown.error());
}

} // namespace eligate::cli
