// SPDX-License-Identifier: Apache-2.0
#include "cli/command/command.hpp"
#include "cli/view/diagnostics.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <ostream>
#include <utility>
#include <vector>

namespace eligate::cli {
namespace {

/// The judgement on files is check's result, so it goes to standard output, also when it is bad.
catalog::Exit tell(const Context& context, const base::Diagnostics& diagnostics,
                   const std::vector<base::Message>& sound) {
    const bool bad = diagnostics.has_errors();
    if (context.options.json) {
        auto json = record();
        json["result"] = bad ? "invalid" : "valid";
        json["diagnostics"] = to_json(diagnostics, context.out_style);
        write(context, json);
    } else {
        auto& out = context.console.out;
        out << render(diagnostics, context.out_style);
        for (const auto& sentence : sound)
            out << paragraph("", context.out_style.say(sentence), context.out_style.columns);
    }
    return bad ? catalog::Exit::invalid : catalog::Exit::done;
}

catalog::Exit judge_files(const Context& context) {
    base::Diagnostics all;
    std::string kinds;
    for (const auto& file : context.options.operands) {
        auto judged = profile::judge(file, context.engine.disk.read);
        if (judged.kind && !judged.diagnostics.has_errors())
            kinds += fmt::format("{}{}: {}", kinds.empty() ? "" : ", ", file,
                                 context.out_style.say(profile::name_of(*judged.kind)));
        all.merge(std::move(judged.diagnostics));
    }
    if (all.has_errors())
        return tell(context, all, {});
    return tell(context, all, {base::msg(N_("No fault found ({files})."), {{"files", kinds}})});
}

} // namespace

catalog::Exit check(const Context& context) {
    if (!context.options.operands.empty())
        return judge_files(context);
    const auto& options = context.options;
    const auto loaded =
        profile::load({.site = options.site, .secrets = options.secrets, .shelves = context.engine.shelves},
                      context.engine.disk, context.engine.now());
    if (!loaded.settled)
        return tell(context, loaded.diagnostics, {});
    return tell(context, loaded.diagnostics,
                {base::msg(N_("The site file is sound: {clinic}, {provider}."),
                           {{"clinic", loaded.settled->clinic},
                            {.name = "provider", .value = loaded.settled->provider_name}}),
                 base::msg(N_("Next: {command}"), {{"command", "sudo eligate plan"}})});
}

catalog::Exit profile_check(const Context& context) {
    return judge_files(context);
}

} // namespace eligate::cli
