// SPDX-License-Identifier: Apache-2.0
/// What `plan` and `apply` begin with: everything that stands in the way, told at once.
#pragma once

#include "apply/transaction.hpp"
#include "base/error.hpp"
#include "catalog/catalog.hpp"
#include "cli/context.hpp"
#include "cli/view/json.hpp"
#include "profile/settled.hpp"
#include "verify/ladder.hpp"

#include <optional>
#include <vector>

namespace eligate::cli {

struct Outlook {
    /// Nothing if the machine cannot even be looked at.
    std::optional<apply::Goal> goal = std::nullopt;
    /// What would change; `apply` makes its own where nothing is in the way.
    std::optional<apply::Plan> plan = std::nullopt;
    std::vector<base::Error> faults = {};
};

enum class Depth {
    /// Only what is cheap, unless something is in the way already: then all of it.
    as_needed,
    /// The plan too.
    whole,
};

/// `climb` outlives the goal. Changes nothing.
Outlook look_ahead(const Context& context, const Appliance& appliance, const profile::Settled& settled,
                   verify::Observer& climb, apply::Observer& observer, Depth depth);

/// The value of the key "faults".
Json faults_json(const std::vector<base::Error>& faults, const Style& style);

/// Each fault as an error of its own, for people.
std::string render(const std::vector<base::Error>& faults, const Style& style);

/// Tells them, with --json also as a record. At least one.
catalog::Exit report_faults(const Context& context, const std::vector<base::Error>& faults);

} // namespace eligate::cli
