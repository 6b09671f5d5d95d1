// SPDX-License-Identifier: Apache-2.0
/// The generations: a list, one of them, and what differs between two.
#pragma once

#include "apply/generation.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace eligate::cli {

/// The newest first; `current` is the one that stands.
std::string render(std::span<const apply::Generation> generations, std::uint32_t current, const Style& style);
Json to_json(std::span<const apply::Generation> generations, std::uint32_t current, const Style& style);

/// Who, when, the site file, the steps and the ladder.
std::string render(const apply::Generation& generation, const Style& style);
Json to_json(const apply::Generation& generation, const Style& style);

/// A file that is in one of two generations, or in both; input: it was read, else written.
struct FileChange {
    bool input = false;
    std::string path;
    /// Nothing: not in that generation, or not to be shown.
    std::optional<std::string> before;
    std::optional<std::string> after;
    /// Of a sensitive file only whether it changed; nothing: its content is no longer kept.
    bool sensitive = false;
    std::optional<bool> changed;
};

/// What differs. `first` and `second` are with the secrets that are kept of them.
std::vector<FileChange> changes_between(const apply::Generation& first, const apply::Generation& second);

std::string render(std::span<const FileChange> changes, const Style& style);
Json to_json(std::span<const FileChange> changes);

} // namespace eligate::cli
