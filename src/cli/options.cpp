// SPDX-License-Identifier: Apache-2.0
#include "cli/options.hpp"

#include "base/suggest.hpp"
#include "catalog/catalog.hpp"
#include "cli/commands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <utility>

namespace eligate::cli {
namespace {

constexpr std::string_view wait_option = "--wait";
constexpr std::string_view hold_option = "--hold-for";
// Long enough to open another session, and to go to the terminal; whoever needs more has gone home.
constexpr std::chrono::seconds shortest_hold(30);
constexpr std::chrono::seconds longest_hold(3600);

base::Error usage(base::Message what) {
    return {.code = catalog::code::usage, .what = std::move(what)};
}

/// What CLI11 fills in. It only splits the line: its own checks speak English only, so every value is judged
/// here.
struct Raw {
    Options options;
    std::string language;
    std::string colour = "auto";
    std::string wait;
    std::string hold;
    std::string after;
    std::map<const CommandRow*, std::vector<std::string>> operands;
};

void add_flag(CLI::App& app, const std::string& names, bool& flag) {
    app.add_flag(names, flag)->disable_flag_override();
}

void add_value(CLI::App& app, const std::string& name, std::string& value) {
    app.add_option(name, value)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void add_common(CLI::App& app, Raw& raw) {
    add_flag(app, "-h,--help", raw.options.help);
    add_flag(app, "--version", raw.options.version);
    add_flag(app, "--json", raw.options.json);
    add_flag(app, "-y,--yes", raw.options.yes);
    add_value(app, "--lang", raw.language);
    add_value(app, "--color,--colour", raw.colour);
    add_value(app, "--site", raw.options.site);
    add_value(app, "--secrets", raw.options.secrets);
}

using Subcommands = std::vector<std::pair<const CommandRow*, CLI::App*>>;

bool takes(const CommandRow& row, std::string_view name) {
    return std::ranges::any_of(row.options, [&](const OptionRow& option) { return option.name == name; });
}

Subcommands add_commands(CLI::App& app, Raw& raw) {
    Subcommands all;
    for (const auto& row : commands()) {
        const auto group = group_of(row);
        CLI::App* parent = group.empty() ? &app : app.get_subcommand(std::string(group));
        const auto word = std::string(group.empty() ? row.name : row.name.substr(group.size() + 1));
        auto* sub = parent->add_subcommand(word);
        sub->set_help_flag();
        sub->fallthrough();
        sub->allow_extras();
        if (is_group(row))
            sub->require_subcommand(0, 1);
        else
            sub->add_option("operands", raw.operands[&row]);
        if (row.command == Command::apply)
            add_flag(*sub, "--unproven", raw.options.unproven);
        if (row.command == Command::plan)
            add_flag(*sub, "--exit-code", raw.options.exit_code);
        if (row.command == Command::rollback)
            add_value(*sub, "--held", raw.options.held);
        if (row.command == Command::restore) {
            add_value(*sub, "--overdue", raw.options.overdue);
            add_value(*sub, "--after", raw.after);
        }
        if (takes(row, wait_option))
            add_value(*sub, std::string(wait_option), raw.wait);
        if (takes(row, hold_option))
            add_value(*sub, std::string(hold_option), raw.hold);
        all.emplace_back(&row, sub);
    }
    return all;
}

base::Message meant(const char* with_suggestion, const char* without, std::string_view word,
                    std::span<const std::string_view> known) {
    std::vector<base::Argument> arguments{{"word", std::string(word)}};
    const auto near = base::nearest(word, known);
    if (!near)
        return base::msg(without, std::move(arguments));
    arguments.push_back({"near", std::string(*near)});
    return base::msg(with_suggestion, std::move(arguments));
}

base::Error unknown_option(std::string_view word, const CommandRow* command) {
    word = word.substr(0, word.find('='));
    std::vector<std::string_view> known{"--yes"};
    std::ranges::transform(common_options(), std::back_inserter(known), &OptionRow::name);
    if (command != nullptr)
        std::ranges::transform(command->options, std::back_inserter(known), &OptionRow::name);
    return usage(meant(N_("there is no option {word}; did you mean {near}?"), N_("there is no option {word}"),
                       word, known));
}

base::Error unknown_command(std::string_view word, const CommandRow* group) {
    std::vector<std::string_view> known;
    for (const auto& row : commands()) {
        const auto of = group_of(row);
        if (of == (group != nullptr ? group->name : std::string_view()))
            known.push_back(of.empty() ? row.name : row.name.substr(of.size() + 1));
    }
    return usage(meant(N_("there is no command {word}; did you mean {near}?"),
                       N_("there is no command {word}"), word, known));
}

/// A whole number up to the unit, if there is one; nothing for any other word.
std::optional<std::chrono::seconds> seconds_in(const std::string& word, std::string_view units = "") {
    constexpr int largest = 1'000'000;
    int number = 0;
    const auto* const end = word.data() + word.size();
    const auto [rest, fault] = std::from_chars(word.data(), end, number);
    const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
    if (fault != std::errc() || number < 0 || number > largest || unit.size() > 1 ||
        units.find(unit) == std::string_view::npos)
        return std::nullopt;
    return unit == "h"   ? std::chrono::hours(number)
           : unit == "m" ? std::chrono::minutes(number)
                         : std::chrono::seconds(number);
}

std::optional<base::Error> judge_seconds(const char* option, const std::string& word,
                                         std::chrono::seconds& value) {
    // An hour: whoever waits longer has forgotten it.
    constexpr std::chrono::seconds longest(3600);
    if (word.empty())
        return std::nullopt;
    const auto seconds = seconds_in(word);
    if (!seconds || seconds->count() < 1 || *seconds > longest)
        return usage(
            base::msg(N_("{option} takes seconds from 1 to {longest}, not {word}"),
                      {{"option", option}, {"longest", std::to_string(longest.count())}, {"word", word}}));
    value = *seconds;
    return std::nullopt;
}

std::optional<base::Error> judge_hold(Raw& raw) {
    if (raw.hold.empty())
        return std::nullopt;
    const auto time = seconds_in(raw.hold, "smh");
    if (!time || (time->count() != 0 && (*time < shortest_hold || *time > longest_hold)))
        return usage(base::msg(N_("--hold-for takes a time from 30s to 1h such as 5m, or 0, not {word}"),
                               {{"word", raw.hold}}));
    raw.options.hold_for = time;
    return std::nullopt;
}

std::optional<base::Error> judge_times(Raw& raw) {
    if (auto fault = judge_seconds("--wait", raw.wait, raw.options.patience))
        return fault;
    if (auto fault = judge_seconds("--after", raw.after, raw.options.after))
        return fault;
    return judge_hold(raw);
}

std::optional<base::Error> judge_values(Raw& raw) {
    if (raw.language == "ja")
        raw.options.language = base::Language::ja;
    else if (raw.language == "en")
        raw.options.language = base::Language::en;
    else if (!raw.language.empty())
        return usage(base::msg(N_("--lang takes ja or en, not {word}"), {{"word", raw.language}}));
    if (raw.colour == "always")
        raw.options.colour = ColourWish::always;
    else if (raw.colour == "never")
        raw.options.colour = ColourWish::never;
    else if (raw.colour != "auto")
        return usage(
            base::msg(N_("--color takes auto, always or never, not {word}"), {{"word", raw.colour}}));
    return judge_times(raw);
}

std::optional<base::Error> judge_operands(const Options& options) {
    if (options.command == nullptr || options.help || options.version)
        return std::nullopt;
    const auto& row = *options.command;
    const auto count = options.operands.size();
    std::vector<base::Argument> arguments{{"command", std::string(row.name)}};
    if (count < row.least) {
        arguments.push_back({"operands", std::string(row.operands)});
        return usage(base::msg(N_("{command} needs {operands}"), std::move(arguments)));
    }
    if (count <= row.most)
        return std::nullopt;
    arguments.push_back({"word", options.operands[row.most]});
    const char* const text = row.most == 0 ? N_("{command} takes no argument, but got {word}")
                                           : N_("{command} takes one argument, but got {word} too");
    return usage(base::msg(text, std::move(arguments)));
}

/// The deepest command that was named: "profile" alone is one too.
const CommandRow* named(const Subcommands& all) {
    const CommandRow* last = nullptr;
    for (const auto& [row, sub] : all)
        if (sub->parsed())
            last = row;
    return last;
}

/// The first argument that no option and no command took, in the order they were typed.
std::optional<std::string> left_over(const CLI::App& app, std::span<const std::string> arguments) {
    const auto remaining = app.remaining(true);
    const auto first = std::ranges::find_if(arguments, [&](const auto& argument) {
        return std::ranges::find(remaining, argument) != remaining.end();
    });
    if (first != arguments.end())
        return *first;
    return remaining.empty() ? std::nullopt : std::optional(remaining.front());
}

/// CLI11 stops at the first option whose value is missing, before it hands anything over; so that this too is
/// told in the language and the form that was asked for, they are looked for by hand.
void glean(std::span<const std::string> arguments, Raw& raw) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& argument = arguments[i];
        raw.options.json = raw.options.json || argument == "--json";
        for (const std::string_view name : {"--lang", "--color"}) {
            auto& value = name == "--lang" ? raw.language : raw.colour;
            if (argument == name && i + 1 < arguments.size())
                value = arguments[i + 1];
            else if (argument.starts_with(std::string(name) + '='))
                value = argument.substr(name.size() + 1);
        }
    }
    (void)judge_values(raw);
}

/// CLI11's message starts with the option's name, a flag's without the hyphens.
std::string option_in(const CLI::ParseError& error) {
    const std::string text = error.what();
    const auto name = text.substr(0, text.find_first_of(": "));
    return name.starts_with('-') ? name : "--" + name;
}

std::optional<base::Error> split(CLI::App& app, std::span<const std::string> arguments) {
    // CLI11 takes its arguments from the back.
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    try {
        app.parse(reversed);
    } catch (const CLI::ArgumentMismatch& error) {
        const bool flag = std::string_view(error.what()).find("flag override") != std::string_view::npos;
        return usage(base::msg(flag ? N_("{option} takes no value") : N_("{option} needs a value"),
                               {{"option", option_in(error)}}));
    } catch (const CLI::ParseError& error) {
        return usage(base::msg(N_("the command line cannot be read: {reason}"), {{"reason", error.what()}}));
    }
    return std::nullopt;
}

/// Takes what follows "--" away from `words`: it is operands only. (CLI11 forgets that at a subcommand's
/// end.)
std::vector<std::string> split_operands(std::vector<std::string>& words) {
    const auto mark = std::ranges::find(words, "--");
    if (mark == words.end())
        return {};
    std::vector<std::string> operands(std::next(mark), words.end());
    words.erase(mark, words.end());
    return operands;
}

/// `eligate help apply` is what many type first.
std::vector<std::string> without_help_word(std::span<const std::string> arguments) {
    std::vector<std::string> words(arguments.begin(), arguments.end());
    if (!words.empty() && words.front() == "help") {
        words.erase(words.begin());
        words.emplace_back("--help");
    }
    return words;
}

} // namespace

CommandLine parse_command_line(std::span<const std::string> typed) {
    auto arguments = without_help_word(typed);
    auto operands = split_operands(arguments);
    Raw raw;
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    app.require_subcommand(0, 1);
    add_common(app, raw);
    const auto all = add_commands(app, raw);

    if (auto fault = split(app, arguments)) {
        Raw gleaned;
        glean(arguments, gleaned);
        return {.options = std::move(gleaned.options), .fault = std::move(fault)};
    }
    raw.options.command = named(all);
    if (raw.options.command != nullptr)
        raw.options.operands = raw.operands[raw.options.command];
    std::ranges::move(operands, std::back_inserter(raw.options.operands));
    auto fault = judge_values(raw);
    if (const auto word = left_over(app, arguments); !fault && word) {
        const bool expects_command = raw.options.command == nullptr || is_group(*raw.options.command);
        fault = word->starts_with('-') || !expects_command ? unknown_option(*word, raw.options.command)
                                                           : unknown_command(*word, raw.options.command);
    }
    if (!fault)
        fault = judge_operands(raw.options);
    return {.options = std::move(raw.options), .fault = std::move(fault)};
}

} // namespace eligate::cli
