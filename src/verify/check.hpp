// SPDX-License-Identifier: Apache-2.0
/// One answer of the verification ladder.
#pragma once

#include "base/error.hpp"
#include "catalog/catalog.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::verify {

/// unknown = it could not be found out, which is neither pass nor fail; skip = a rung below it failed.
enum class Status { pass, warn, fail, skip, unknown };

std::string_view id_of(Status status);

struct Check {
    /// A contract: "ike.established", "dns.pweb.base.oqs-pdl.org".
    std::string id;
    Status status = Status::unknown;
    /// Who must act; for a pass, who would have to.
    catalog::Party party = catalog::Party::appliance;
    base::Message title;
    /// For a person: what was found ("no answer from 203.0.113.11 on UDP 500"). Empty on a plain pass.
    base::Message what;
    base::Evidence evidence;
    std::chrono::milliseconds millis{0};
    /// For warn and fail.
    std::optional<base::Code> code;
};

struct Report {
    std::vector<Check> checks;
    /// No check failed.
    bool passed() const;
    /// The lowest rung that failed: the one to tell first.
    const Check* first_failure() const;
};

} // namespace eligate::verify
