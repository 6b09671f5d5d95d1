// SPDX-License-Identifier: Apache-2.0
/// Where another program answers DNS on the LAN already: what it would have to be told to do the forwarder's
/// work.
#pragma once

#include "base/error.hpp"
#include "port/ground.hpp"
#include "profile/settled.hpp"

#include <string>
#include <vector>

namespace eligate::apply {

struct Snippet {
    std::string file;
    std::vector<std::string> lines;
};

/// For dnsmasq and unbound, by the name of `program`: how they do it. systemd-resolved cannot, and is told to
/// free the address. Any other program: nothing.
Snippet snippet_for(const std::string& program, const profile::Settled& settled);

/// Error dns_port_in_use, with the snippet as its evidence.
base::Unexpected taken_by(const port::DnsListener& holder, const profile::Settled& settled);

} // namespace eligate::apply
