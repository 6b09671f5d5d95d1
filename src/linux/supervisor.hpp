// SPDX-License-Identifier: Apache-2.0
/// The alarm where no systemd runs: a process of our own that survives this one.
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace eligate::linux_adapter {

/// Starts `command` (argv, with the program's path first) in a session of its own, with nothing of ours but a
/// pipe as its standard output, and answers as soon as it has written there. Error deadline_not_armed if it
/// has not within 5 seconds; then it is ended.
base::Result<> start_supervisor(const std::vector<std::string>& command);

/// Waits until the file is gone (false) or the time is over (true; CLOCK_BOOTTIME). False when cancelled.
/// `listening` is called once neither can be missed.
bool wait_while_there(const std::string& folder, const std::string& file, std::chrono::seconds after,
                      const base::Cancel& cancel, const std::function<void()>& listening);

} // namespace eligate::linux_adapter
