// SPDX-License-Identifier: Apache-2.0
/// The site file's table [lan]: where the clinic's terminals are, and which of them may use the tunnel.
#pragma once

#include "net/prefix.hpp"
#include "profile/located.hpp"
#include "profile/table.hpp"

#include <string>
#include <vector>

namespace eligate::profile {

struct Lan {
    /// Empty where not given.
    Located<std::string> interface;
    /// More than one where several networks or VLANs come in by that interface.
    std::vector<Located<net::Prefix>> prefixes;
    /// As few prefixes as say it: a range is several, all at the place of its text; "lan" is all of
    /// `prefixes`.
    std::vector<Located<net::Prefix>> terminals;
};

/// Reports what is wrong, within the table and between its keys; the value holds what could be understood.
/// Empty where there is no such table.
Lan read_lan(Table& root);

} // namespace eligate::profile
