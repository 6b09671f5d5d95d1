// SPDX-License-Identifier: Apache-2.0
#include "apply/drift.hpp"

#include <utility>

namespace eligate::apply {

std::vector<Drift> drift_of(const plan::State& observed, const plan::State& owned,
                            const port::Tracer& tracer) {
    plan::State ours;
    for (const auto& [key, resource] : observed)
        if (owned.contains(key))
            ours.emplace(key, resource);
    std::vector<Drift> drift;
    for (auto& action : plan::diff(ours, owned)) {
        if (std::holds_alternative<plan::Tunnel>(action.subject()) ||
            std::holds_alternative<plan::AssignedSource>(action.subject()))
            continue;
        auto trace = tracer(*action.after);
        drift.push_back({.back = std::move(action), .trace = std::move(trace)});
    }
    return drift;
}

} // namespace eligate::apply
