// SPDX-License-Identifier: Apache-2.0
/// Who configures an interface of this machine, and whether it will leave our things alone.
#pragma once

#include <string>
#include <vector>

namespace eligate::port {

struct NetworkKeeper {
    /// "systemd-networkd", "NetworkManager", "ifupdown"; empty if none of them says that it does.
    std::string program = {};
    /// What it would have to be told, in the words of its own configuration; empty if all is in place.
    std::vector<std::string> lacks = {};
    /// The file where that belongs.
    std::string file = {};
    bool operator==(const NetworkKeeper&) const = default;
};

} // namespace eligate::port
