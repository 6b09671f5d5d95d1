// SPDX-License-Identifier: Apache-2.0
/// What can be known of a change after the fact.
#pragma once

#include "plan/resource.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace eligate::port {

struct Trace {
    /// Seconds since the epoch.
    std::int64_t at = 0;
    /// Whose file it is now; empty where that says nothing.
    std::string owner;
    bool operator==(const Trace&) const = default;
};

/// Nothing where a resource keeps no trace: the kernel does not say when a route went, or who took it.
using Tracer = std::function<std::optional<Trace>(const plan::Resource& committed)>;

} // namespace eligate::port
