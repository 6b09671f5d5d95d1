// SPDX-License-Identifier: Apache-2.0
/// Which program says in /run that it configures an interface, and what its own configuration says about
/// routes, rules and links that are not its own. Reads small files and asks nobody; what cannot be read
/// counts as not said.
#pragma once

#include "port/network_keeper.hpp"

#include <string>

namespace eligate::linux_adapter {

/// Of this machine.
port::NetworkKeeper keeper_of(const std::string& interface);

/// The same under `root` ("" for the machine itself), for the interface with this index.
port::NetworkKeeper keeper_under(const std::string& root, const std::string& interface, unsigned index);

} // namespace eligate::linux_adapter
