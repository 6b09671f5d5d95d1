// SPDX-License-Identifier: Apache-2.0
/// Transient timers of systemd (org.freedesktop.systemd1.Manager.StartTransientUnit).
#pragma once

#include "base/result.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace eligate::linux_adapter {

struct SystemdTimer {
    /// Without ".timer": of the timer, and of the service that it starts.
    std::string name;
    std::string description;
    std::chrono::seconds after{};
    /// argv, with the program's path first.
    std::vector<std::string> command;
};

/// Answers once the timer is active, within 5 seconds. Error deadline_not_armed, with systemd's own words.
base::Result<> start_timer(const SystemdTimer& timer);

/// Stops timers; what is not there, and any failure, is passed over. What one has started already runs on: it
/// may be this very process.
void stop_timers(const std::vector<std::string>& names);

} // namespace eligate::linux_adapter
