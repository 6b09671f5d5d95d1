// SPDX-License-Identifier: Apache-2.0
/// How the appliance stands right now: what was committed, what is different from it, and the live tunnel.
#pragma once

#include "apply/drift.hpp"
#include "apply/record.hpp"
#include "apply/transaction.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"
#include "plan/action.hpp"
#include "vici/sa.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::cli {

struct Standing {
    /// Nothing if nothing was ever applied, or all was removed.
    std::optional<apply::Record> committed;
    /// An earlier run was cut off.
    bool unfinished = false;
    /// What was committed waits for its confirmation.
    std::optional<apply::Waiting> waiting = std::nullopt;
    /// What differs from what was committed; the tunnel itself is not among it.
    std::vector<apply::Drift> drift;
    /// Ours, the one with a CHILD_SA first.
    std::vector<vici::IkeSa> tunnels;
};

enum class Verdict { up, drifted, down, unfinished, not_applied };
Verdict verdict_on(const Standing& standing);
std::string_view id_of(Verdict verdict);

/// One screen.
std::string render(const Standing& standing, const Style& style);
/// The whole record.
Json to_json(const Standing& standing, const Style& style);

/// "3 days 4 hours", "12 minutes", "5 seconds".
base::Message duration(std::chrono::seconds seconds);
/// "1.2 MB"
std::string amount(std::uint64_t bytes);
/// "2026-10-05T12:00:00Z"
std::string utc(std::int64_t seconds);
/// The same as the appliance's own clock shows it: "2026-10-05 21:00".
std::string local_time(std::int64_t seconds);

} // namespace eligate::cli
