// SPDX-License-Identifier: Apache-2.0
/// From charon's own log lines to the cause of a failed tunnel. charon 5.9.8 has no typed alerts (they came
/// with 6.0.3), so its English format strings are the interface; they have not changed for years.
#pragma once

#include "ipsec/connection.hpp"
#include "vici/log_line.hpp"

#include <optional>
#include <span>
#include <string>

namespace eligate::vici {

struct Cause {
    base::Code code;
    /// Specific beats general: "no issuer certificate found" beats "no trusted public key found".
    int rank = 0;
    /// The line itself.
    std::string line;
    bool operator==(const Cause&) const = default;
};

/// The best explanation of one attempt; nothing if no line says anything. `lines` in the order they came.
std::optional<Cause> cause_of(std::span<const LogLine> lines);

/// The cause as an error, with the gateway, both identities and charon's words as evidence; tunnel_no_cause
/// with the last lines if none of them explains it.
base::Error error_of(std::span<const LogLine> lines, const ipsec::Connection& connection);

} // namespace eligate::vici
