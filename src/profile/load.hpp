// SPDX-License-Identifier: Apache-2.0
/// From files to Settled: the one door through which `check`, `plan`, `apply` and `verify` get their inputs.
/// Touches the disk only through the functions it is given.
#pragma once

#include "base/diagnostic.hpp"
#include "profile/disk.hpp"
#include "profile/network.hpp"
#include "profile/provider.hpp"
#include "profile/settled.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

/// Where profiles are looked for: <folder>/ID.toml, the first folder that has it wins.
struct Shelves {
    /// {"/etc/eligate/profiles", "<share>/profiles/providers"}; networks likewise
    std::vector<std::string> providers;
    /// {"<share>/profiles/networks"}
    std::vector<std::string> networks;
};

struct LoadRequest {
    std::string site = "/etc/eligate/site.toml";
    std::string secrets = "/etc/eligate/secrets.toml";
    Shelves shelves;
    /// What a file intake's relative path is relative to.
    std::string papers_folder = "/etc/eligate";
};

struct Loaded {
    /// There only if no diagnostic is an error.
    std::optional<Settled> settled;
    base::Diagnostics diagnostics;
};

/// Reads, judges and settles everything; all faults of all files in one run.
Loaded load(const LoadRequest& request, const Disk& disk, Time now);

enum class FileKind { provider, network, site, secrets };
std::string_view id_of(FileKind kind);
base::Message name_of(FileKind kind);

struct Judged {
    /// What the file is, by its content; nothing if it cannot be told.
    std::optional<FileKind> kind;
    base::Diagnostics diagnostics;
};

/// Judges one file by itself, whatever of the four it is.
Judged judge(const std::string& path, const ReadFile& read);

/// One profile on the shelves.
struct ListedProfile {
    std::string id;
    std::string file;
    /// Stands before a shipped one of the same id.
    bool shadows = false;
    /// Nothing if it has errors.
    std::optional<Provider> provider;
    base::Diagnostics diagnostics;
};

/// By id; shadowed ones are left out. Files whose name is no id ("README", "x.toml~") are passed over.
std::vector<ListedProfile> list_profiles(const Shelves& shelves, const Disk& disk);

struct FoundProfile {
    std::optional<Provider> provider;
    std::optional<Network> network;
    base::Diagnostics diagnostics;
};

/// A provider profile by id with its network (`profile show`, `profile check`). An unknown id is a diagnostic
/// without a place, with "did you mean".
FoundProfile find_profile(std::string_view id, const Shelves& shelves, const Disk& disk);

} // namespace eligate::profile
