// SPDX-License-Identifier: Apache-2.0
/// What ends a change that does not come to an end by itself: an alarm that is armed outside of this process,
/// and rings also where this one hangs, was stopped or is gone.
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace eligate::port {

/// Time since the machine was started, sleep included: no clock that is set changes it. Comparable only where
/// `boot` is the same.
struct Uptime {
    /// The kernel's name of this boot.
    std::string boot;
    std::chrono::seconds since{};
};

struct Alarm {
    enum class Bounds {
        /// The steps and the ladder.
        change,
        /// A person's confirmation.
        hold,
    };
    Bounds bounds = Bounds::change;
    /// The journal's id of the change.
    std::string change;
    std::chrono::seconds after{};
};

class Deadline {
  public:
    Deadline() = default;
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    Deadline(Deadline&&) = delete;
    Deadline& operator=(Deadline&&) = delete;
    virtual ~Deadline() = default;

    /// Once this answers, `eligate restore --overdue CHANGE` runs after that time whatever becomes of this
    /// process. Blocks for at most 5 seconds. Error deadline_not_armed.
    virtual base::Result<> arm(const Alarm& alarm) = 0;
    /// Calls off what is armed for the change. An alarm that could not be called off rings, finds nothing to
    /// do and does nothing.
    virtual void disarm(std::string_view change) = 0;
    /// For the alarm's own process, where nothing else waits for it. False where it ended early, because
    /// nothing is unfinished any more or it was cancelled. `listening` is called as soon as neither end can
    /// be missed.
    virtual bool wait(std::chrono::seconds after, const base::Cancel& cancel,
                      const std::function<void()>& listening) = 0;
    virtual Uptime uptime() = 0;
};

} // namespace eligate::port
