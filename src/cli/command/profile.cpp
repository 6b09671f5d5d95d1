// SPDX-License-Identifier: Apache-2.0
#include "cli/view/profile.hpp"

#include "cli/command/command.hpp"
#include "cli/view/diagnostics.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace eligate::cli {

catalog::Exit profile_list(const Context& context) {
    const auto profiles = profile::list_profiles(context.engine.shelves, context.engine.disk);
    if (context.options.json) {
        auto json = record();
        json["profiles"] = to_json(profiles, context.out_style);
        write(context, json);
        return catalog::Exit::done;
    }
    for (const auto& listed : profiles)
        context.console.err << render(listed.diagnostics, context.err_style);
    context.console.out << render(profiles, context.out_style);
    return catalog::Exit::done;
}

catalog::Exit profile_show(const Context& context) {
    const auto found =
        profile::find_profile(context.options.operands.front(), context.engine.shelves, context.engine.disk);
    if (!found.provider)
        return report(context, found.diagnostics);
    const auto* const network = found.network ? &*found.network : nullptr;
    if (context.options.json) {
        auto json = record();
        put_profile(json, *found.provider, network);
        json["diagnostics"] = to_json(found.diagnostics, context.out_style);
        write(context, json);
    } else {
        context.console.err << render(found.diagnostics, context.err_style);
        context.console.out << render(*found.provider, network, context.out_style);
    }
    return found.diagnostics.has_errors() ? catalog::Exit::invalid : catalog::Exit::done;
}

} // namespace eligate::cli
