// SPDX-License-Identifier: Apache-2.0
#include "cli/run.hpp"

#include "cli/command/command.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/version.hpp"
#include "cli/view/error.hpp"
#include "cli/view/json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <ostream>

namespace eligate::cli {
namespace {

using catalog::Exit;

/// Whether the command may have changed the machine: then its exit code says what became of the machine, even
/// if nobody could be told about it.
bool changes_machine(Command command) {
    return command == Command::apply || command == Command::confirm || command == Command::rollback ||
           command == Command::remove || command == Command::restore;
}

Exit dispatch(const Context& context) {
    switch (context.options.command->command) {
    case Command::check:
        return check(context);
    case Command::plan:
        return plan_site(context);
    case Command::apply:
        return apply_site(context);
    case Command::confirm:
        return confirm_change(context);
    case Command::verify:
        return verify_site(context);
    case Command::status:
        return status(context);
    case Command::history:
        return history(context);
    case Command::rollback:
        return rollback_site(context);
    case Command::remove:
        return remove_site(context);
    case Command::restore:
        return restore_kernel(context);
    case Command::explain:
        return explain(context);
    case Command::profile_check:
        return profile_check(context);
    case Command::profile_list:
        return profile_list(context);
    case Command::profile_show:
        return profile_show(context);
    case Command::profile:
        break;
    }
    context.console.err << help(context.options.command, context.err_style);
    return Exit::usage;
}

Exit show_help(const Context& context) {
    const auto text = help(context.options.command, context.out_style);
    if (!context.options.json) {
        context.console.out << text;
        return Exit::done;
    }
    auto json = record();
    json["help"] = text;
    write(context, json);
    return Exit::done;
}

Exit show_version(const Context& context) {
    if (!context.options.json) {
        context.console.out << fmt::format("eligate {}\n", version);
        return Exit::done;
    }
    auto json = record();
    json["version"] = version;
    write(context, json);
    return Exit::done;
}

Exit chosen(const CommandLine& line, const Context& context) {
    if (line.fault)
        return report(context, *line.fault);
    if (line.options.help)
        return show_help(context);
    if (line.options.version)
        return show_version(context);
    if (line.options.command == nullptr) {
        context.console.err << help(nullptr, context.err_style);
        return Exit::usage;
    }
    return dispatch(context);
}

} // namespace

Exit run(std::span<const std::string> arguments, const Console& console, Engine& engine,
         const base::Cancel& cancel) {
    const auto line = parse_command_line(arguments);
    const Context context{.options = line.options,
                          .console = console,
                          .out_style = style_for(console, line.options, Channel::out),
                          .err_style = style_for(console, line.options, Channel::err),
                          .engine = engine,
                          .cancel = cancel};
    const auto exit = chosen(line, context);
    errno = 0;
    if (console.out.flush())
        return exit;
    // A reader that went away (`eligate plan | head`) has seen enough; anything else it should be told.
    if (errno != EPIPE)
        console.err << context.err_style.say(
                           base::msg(N_("the result could not be written to standard output")))
                    << '\n';
    const bool changed = line.options.command != nullptr && changes_machine(line.options.command->command);
    return exit == Exit::done && !changed ? Exit::failed : exit;
}

} // namespace eligate::cli
