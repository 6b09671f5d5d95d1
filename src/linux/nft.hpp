// SPDX-License-Identifier: Apache-2.0
/// The firewall table `inet eligate`, through /usr/sbin/nft on standard input (libnftables is GPL-2 only).
/// One call is one kernel transaction. Each call blocks for at most 5 seconds.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>

namespace eligate::linux_adapter {

/// How nft lists `text` (a table's whole definition) once the kernel has it. Loaded into a network namespace
/// made for this and gone with it: the machine's own ruleset is not touched.
base::Result<std::string> canonical_firewall(const std::string& text);

/// The table as it stands; nothing if there is none.
base::Result<std::optional<std::string>> listed_firewall();

/// Replaces the table as a whole, or creates it.
base::Result<> load_firewall(const std::string& text);

/// No error if there is none.
base::Result<> delete_firewall();

} // namespace eligate::linux_adapter
