// SPDX-License-Identifier: Apache-2.0
/// What somebody else changed behind eligate's back since the last commit, told apart from what the site file
/// wants changed.
#pragma once

#include "plan/action.hpp"
#include "port/trace.hpp"

#include <optional>
#include <vector>

namespace eligate::apply {

struct Drift {
    /// What leads back: `before` is what stands, `after` what was committed.
    plan::Action back;
    std::optional<port::Trace> trace = std::nullopt;
    bool operator==(const Drift&) const = default;
};

/// `observed` may hold more than what is `owned`. That the tunnel is down, or has another address, is no
/// drift: nobody changed a setting.
std::vector<Drift> drift_of(const plan::State& observed, const plan::State& owned,
                            const port::Tracer& tracer);

} // namespace eligate::apply
