// SPDX-License-Identifier: Apache-2.0
/// nft tables of ours, through /usr/sbin/nft on standard input (libnftables is GPL-2 only).
/// One call is one kernel transaction. Each call blocks for at most 20 seconds.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>

namespace eligate::linux_adapter {

inline constexpr const char* nft_program = "/usr/sbin/nft";

/// A table of ours, as nft names it: family and name.
inline constexpr const char* firewall_table = "inet eligate";
inline constexpr const char* source_table = "ip eligate-source";

/// How nft lists `text` (the table's whole definition) once the kernel has it. Loaded into a network
/// namespace made for this and gone with it: the machine's own ruleset is not touched.
base::Result<std::string> canonical_table(const std::string& table, const std::string& text);

/// The table as it stands; nothing if there is none.
base::Result<std::optional<std::string>> listed_table(const std::string& table);

/// Replaces the table as a whole, or creates it.
base::Result<> load_table(const std::string& table, const std::string& text);

/// No error if there is none.
base::Result<> delete_table(const std::string& table);

} // namespace eligate::linux_adapter
