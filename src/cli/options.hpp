// SPDX-License-Identifier: Apache-2.0
/// The command line as a value.
#pragma once

#include "base/error.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace eligate::cli {

struct CommandRow;

enum class ColourWish { automatic, always, never };

struct Options {
    /// Nothing if no command was named.
    const CommandRow* command = nullptr;
    std::vector<std::string> operands = {};
    bool help = false;
    bool version = false;
    bool json = false;
    bool yes = false;
    /// apply --unproven
    bool unproven = false;
    /// plan --exit-code
    bool exit_code = false;
    /// Nothing: what the locale says.
    std::optional<base::Language> language = std::nullopt;
    ColourWish colour = ColourWish::automatic;
    /// --wait: how long to wait for another eligate that changes the machine.
    std::chrono::seconds patience = {};
    /// --hold-for; 0: not at all. Nothing: as the session needs it.
    std::optional<std::chrono::seconds> hold_for = std::nullopt;
    /// rollback --held: the change that waits; empty: not said.
    std::string held = {};
    /// restore --overdue: the change whose alarm has rung; empty for none.
    std::string overdue = {};
    /// restore --after
    std::chrono::seconds after = {};
    std::string site = "/etc/eligate/site.toml";
    std::string secrets = "/etc/eligate/secrets.toml";
};

struct CommandLine {
    /// What was understood, also when something else was not: the fault itself is told in the language and
    /// the form (--json) that was asked for.
    Options options;
    std::optional<base::Error> fault = std::nullopt;
};

/// `typed`: all arguments, without the program's name.
CommandLine parse_command_line(std::span<const std::string> typed);

} // namespace eligate::cli
