// SPDX-License-Identifier: Apache-2.0
/// Debian's unit strongswan.service: charon, and behind it `swanctl --load-all`.
#pragma once

#include <chrono>

namespace eligate::linux_adapter {

/// Waits while the unit is still starting, at most `limit`; returns at once where it is not, or no systemd
/// runs. charon answers before swanctl has loaded its files. Whoever begins a tunnel in between gets a second
/// CHILD_SA in it: charon's start_action does not ask whether one stands (vici_config.c, run_start_action;
/// seen with 6.0.1).
void let_strongswan_load(std::chrono::milliseconds limit);

} // namespace eligate::linux_adapter
