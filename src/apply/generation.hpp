// SPDX-License-Identifier: Apache-2.0
/// What eligate remembers of each commit: who made it and when, from which inputs, by which steps, and what
/// the ladder said. Two files a generation, both 0600 under 0700: one without secrets, and one with the
/// secrets that going back to it needs.
#pragma once

#include "apply/record.hpp"
#include "base/message.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "port/store.hpp"
#include "verify/check.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

/// So many are kept; a clinic's configuration changes a few times a year.
inline constexpr std::size_t kept_generations = 20;
/// Of so many of the newest the secrets are kept, too: only these can be gone back to.
inline constexpr std::size_t kept_secrets = 5;

/// One file that was read to make the site's goal.
struct Input {
    std::string path;
    base::Secret text;
    bool sensitive = false;
};

/// Where a change came from.
struct Provenance {
    /// "taro", "taro (192.168.1.5)"; empty: not known.
    std::string by = {};
    /// The names by which the inputs are found again.
    std::string site = {};
    std::string secrets = {};
    std::vector<Input> inputs = {};
    /// The generation that was gone back to.
    std::optional<std::uint32_t> back_to = std::nullopt;
};

/// A file that the commit wrote; of a sensitive one no text, of a binary one its digest.
struct KeptFile {
    std::string path;
    std::uint32_t mode = 0;
    std::optional<std::string> text;
};

struct Generation {
    std::uint32_t number = 0;
    /// Seconds since the epoch.
    std::int64_t committed_at = 0;
    std::string profile_id;
    std::uint32_t revision = 0;
    std::string clinic;
    /// Without the texts of the sensitive inputs.
    Provenance provenance;
    std::vector<base::Message> steps;
    verify::Report ladder;
    std::vector<KeptFile> files;
};

KeptFile kept(const plan::File& file);

/// Makes it durable. Before the record that it belongs to is written: without that it counts for nothing.
base::Result<> write_generation(port::Store& store, const Generation& generation);

/// Nothing if there is none of that number. Error record_damaged, and the store's.
base::Result<std::optional<Generation>> read_generation(port::Store& store, std::uint32_t number);

/// Everything that was read for it, with the secrets; nothing where the secrets are no longer kept.
base::Result<std::optional<std::vector<Input>>> read_inputs(port::Store& store, const Generation& generation);

/// Whether that generation was made from other files, or other texts of them. False where it is not known:
/// its secrets are no longer kept, or it cannot be read.
bool is_made_of_others(port::Store& store, std::uint32_t number, const std::vector<Input>& inputs);

/// The kept ones up to `newest`, which is the record's; ascending.
base::Result<std::vector<std::uint32_t>> kept_numbers(port::Store& store, std::uint32_t newest);

/// Takes away what never was committed (beyond `newest`) and what is too old to be kept.
base::Result<> prune_generations(port::Store& store, std::uint32_t newest);

} // namespace eligate::apply
