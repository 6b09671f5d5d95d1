// SPDX-License-Identifier: Apache-2.0
/// Provider profiles: the shelf, and one of them with what it asks from the papers.
#pragma once

#include "cli/style.hpp"
#include "cli/view/json.hpp"
#include "profile/load.hpp"

#include <string>
#include <vector>

namespace eligate::cli {

std::string render(const std::vector<profile::ListedProfile>& profiles, const Style& style);
/// The list for the key "profiles".
Json to_json(const std::vector<profile::ListedProfile>& profiles, const Style& style);

/// `network` is null if its file has faults.
std::string render(const profile::Provider& provider, const profile::Network* network, const Style& style);
/// The values of the keys "profile" and "network".
void put_profile(Json& json, const profile::Provider& provider, const profile::Network* network);

} // namespace eligate::cli
