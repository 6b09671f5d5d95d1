// SPDX-License-Identifier: Apache-2.0
#include "cli/command/command.hpp"

#include "cli/command/change.hpp"
#include "cli/inputs.hpp"
#include "cli/view/diagnostics.hpp"
#include "cli/view/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <ostream>
#include <utility>

namespace eligate::cli {

using catalog::Exit;

Json generation_json(const std::optional<apply::Record>& record) {
    return record ? Json(record->generation) : Json(nullptr);
}

void write(const Context& context, const Json& json) {
    context.console.out << dumped(json);
}

Exit report(const Context& context, const base::Error& error) {
    if (context.options.json) {
        auto json = record();
        json["result"] = "error";
        json["error"] = to_json(error, context.out_style);
        json["diagnostics"] = Json::array();
        write(context, json);
    }
    context.console.err << render(error, context.err_style);
    return catalog::row_of(error.code).exit;
}

Exit report_untouched(const Context& context, const base::Error& error) {
    const auto exit = report(context, error);
    return exit == Exit::invalid || exit == Exit::interrupted ? exit : Exit::failed;
}

Exit report(const Context& context, const base::Diagnostics& diagnostics) {
    if (context.options.json) {
        auto json = record();
        json["result"] = "invalid";
        json["error"] = nullptr;
        json["diagnostics"] = to_json(diagnostics, context.out_style);
        write(context, json);
    }
    context.console.err << render(diagnostics, context.err_style);
    return Exit::invalid;
}

namespace {

std::optional<profile::Settled> load(const Context& context, const profile::LoadRequest& request,
                                     const profile::Disk& disk) {
    auto loaded = profile::load(request, disk, context.engine.now());
    if (!loaded.settled) {
        report(context, loaded.diagnostics);
        return std::nullopt;
    }
    // Warnings do not stop the work, and do not belong into its result.
    context.console.err << render(loaded.diagnostics, context.err_style);
    return std::move(loaded.settled);
}

} // namespace

std::optional<Site> read_site(const Context& context) {
    const auto& options = context.options;
    const profile::LoadRequest request{
        .site = options.site, .secrets = options.secrets, .shelves = context.engine.shelves};
    std::vector<apply::Input> inputs;
    auto settled = load(context, request, remembering(context.engine.disk, request, inputs));
    if (!settled)
        return std::nullopt;
    return Site{.settled = std::move(*settled),
                .provenance = {.by = context.engine.who(),
                               .site = options.site,
                               .secrets = options.secrets,
                               .inputs = std::move(inputs)}};
}

std::optional<Site> read_site(const Context& context, const apply::Generation& generation,
                              std::vector<apply::Input> inputs) {
    const auto& from = generation.provenance;
    const profile::LoadRequest request{
        .site = from.site, .secrets = from.secrets, .shelves = context.engine.shelves};
    auto settled = load(context, request, disk_of(inputs));
    if (!settled)
        return std::nullopt;
    return Site{.settled = std::move(*settled),
                .provenance = {.by = context.engine.who(),
                               .site = from.site,
                               .secrets = from.secrets,
                               .inputs = std::move(inputs),
                               .back_to = generation.number}};
}

std::optional<profile::Settled> load_site(const Context& context) {
    auto site = read_site(context);
    return site ? std::optional(std::move(site->settled)) : std::nullopt;
}

bool confirmed(const Context& context, const base::Message& question) {
    if (context.options.yes)
        return true;
    const auto& console = context.console;
    if (!console.in_terminal || !console.err_terminal)
        return false;
    console.err << '\n' << fmt::format("{} [y/N] ", context.err_style.say(question)) << std::flush;
    const auto answer = console.read_line();
    if (!answer)
        console.err << '\n';
    return answer == "y" || answer == "Y" || answer == "yes";
}

apply::Engine engine_for(const Context& context, const Appliance& appliance, apply::Observer& observer) {
    return {.machine = appliance.machine,
            .store = appliance.store,
            .observer = observer,
            .deadline = appliance.deadline,
            .cancel = context.cancel,
            .now =
                [&context] {
                    const auto since = context.engine.now().time_since_epoch();
                    return std::chrono::duration_cast<std::chrono::seconds>(since).count();
                },
            .patience = context.options.patience};
}

} // namespace eligate::cli
