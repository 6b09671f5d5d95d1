// SPDX-License-Identifier: Apache-2.0
/// The table of commands and options: what the command line is parsed by and what every help text is made of.
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace eligate::cli {

enum class Command {
    check,
    plan,
    apply,
    confirm,
    verify,
    status,
    history,
    rollback,
    remove,
    restore,
    explain,
    profile,
    profile_list,
    profile_show,
    profile_check,
};

inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

struct OptionRow {
    const char* name;
    /// Null for a flag. "ja|en": one of these words; "FILE": a file.
    const char* value;
    /// msgid
    const char* help;
};

struct Example {
    const char* line;
    /// msgid
    const char* what;
};

struct CommandRow {
    Command command;
    /// As typed: "apply", "profile list".
    std::string_view name;
    /// "[FILE...]"; empty if it takes none. FILE, ID (of a profile) and CODE are what completion knows.
    std::string_view operands;
    std::size_t least;
    std::size_t most;
    /// msgids
    const char* summary;
    const char* description;
    /// Only what is this command's own.
    std::vector<OptionRow> options;
    std::vector<Example> examples;
};

/// In the order a newcomer needs them.
std::span<const CommandRow> commands();
/// Those that every command takes.
std::span<const OptionRow> common_options();

/// A row that only names a group of others ("profile").
bool is_group(const CommandRow& row);
/// "profile" for "profile list", else empty.
std::string_view group_of(const CommandRow& row);

} // namespace eligate::cli
