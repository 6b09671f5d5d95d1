// SPDX-License-Identifier: Apache-2.0
/// Finding profiles and networks by id. Internal to loading.
#pragma once

#include "profile/load.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

/// The file's content; a failure becomes a diagnostic without a place.
std::optional<base::Secret> read_into(const std::string& path, const ReadFile& read,
                                      base::Diagnostics& diagnostics);

struct OnShelf {
    std::string path;
    /// Nothing if it is there and cannot be read (which has been reported).
    std::optional<base::Secret> text;
};

/// Nothing, and no diagnostic, if no folder has it.
std::optional<OnShelf> find_on_shelf(std::string_view id, const std::vector<std::string>& folders,
                                     const ReadFile& read, base::Diagnostics& diagnostics);
std::vector<std::string> known_ids(const std::vector<std::string>& folders, const ListFolder& list);
/// With "did you mean".
base::Diagnostic unknown_id(base::Code code, base::Message what, std::string_view id,
                            const std::vector<std::string>& known);

std::optional<Provider> provider_of(const OnShelf& found, std::string_view id,
                                    base::Diagnostics& diagnostics);
std::optional<Network> network_of(const OnShelf& found, std::string_view id, base::Diagnostics& diagnostics);
/// The network that the provider names; reports if there is none.
std::optional<Network> network_for(const Provider& provider, const Shelves& shelves, const Disk& disk,
                                   base::Diagnostics& diagnostics);

} // namespace eligate::profile
