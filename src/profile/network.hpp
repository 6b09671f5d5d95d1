// SPDX-License-Identifier: Apache-2.0
/// The network file: what lies behind the tunnel and what to test there.
#pragma once

#include "profile/fact.hpp"
#include "profile/located.hpp"
#include "profile/settled.hpp"
#include "profile/toml.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::profile {

struct NetworkDomain {
    Located<std::string> name;
    Fact fact;
};

struct NetworkCheck {
    ServiceCheck check;
    base::SourceSpan where;
    Fact fact;
};

struct NetworkService {
    Located<std::string> id;
    base::LocalText name;
    Fact fact;
    std::vector<NetworkCheck> checks;
    /// All that it needs beside DNS; empty where the file does not say.
    std::vector<Located<Port>> ports;
};

struct Network {
    std::string file;
    Located<std::string> id;
    base::LocalText name;
    Fact fact;
    std::vector<NetworkDomain> domains;
    std::vector<NetworkService> services;
};

/// Reports everything that is wrong with the document as a network file. The value is there only if nothing
/// was an error.
std::optional<Network> read_network(const Document& document, base::Diagnostics& diagnostics);

} // namespace eligate::profile
