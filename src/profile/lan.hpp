// SPDX-License-Identifier: Apache-2.0
/// The site file's table [lan]: where the clinic's terminals are, and which of them may use the tunnel.
#pragma once

#include "net/prefix.hpp"
#include "profile/located.hpp"
#include "profile/table.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::profile {

/// The forwarder for the terminals: what lies behind the tunnel is asked of the provider's servers.
struct LanForwarder {
    /// Everything else is asked of the line's resolver; false: refused.
    bool other_by_line = true;
};

struct Lan {
    /// Empty where not given.
    std::vector<Located<std::string>> interfaces;
    /// More than one where several networks or VLANs come in by that interface.
    std::vector<Located<net::Prefix>> prefixes;
    /// As few prefixes as say it: a range is several, all at the place of its text; "lan" is all of
    /// `prefixes`.
    std::vector<Located<net::Prefix>> terminals;
    /// The address from which `verify` looks as a terminal does; nobody else has it.
    std::optional<Located<net::Address>> probe;
    std::optional<LanForwarder> forwarder;
};

/// Reports what is wrong, within the table and between its keys; the value holds what could be understood.
/// Empty where there is no such table.
Lan read_lan(Table& root);

} // namespace eligate::profile
