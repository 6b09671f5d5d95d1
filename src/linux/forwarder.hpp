// SPDX-License-Identifier: Apache-2.0
/// The terminals' DNS forwarder: dnsmasq, under our unit eligate-forwarder.service where systemd runs, else
/// as a process that puts itself into the background. It reads its settings once, when it starts.
#pragma once

#include "base/result.hpp"

#include <string>

namespace eligate::linux_adapter {

/// Its own word, in /run/eligate-forwarder/pid, and a process that is dnsmasq; or a start that systemd has
/// yet to carry out (at boot it waits for us). Asks systemd only where there is no such process.
bool forwarder_runs();

/// The process id, 0 if none runs.
int forwarder_pid();

/// Makes it run with the settings that stand in the file: anew, if it runs already. Within 10 seconds. Errors
/// forwarder_missing (no dnsmasq), forwarder_not_started (with dnsmasq's or systemd's words).
base::Result<> start_forwarder(const std::string& settings);

/// A success where none runs. Error forwarder_not_started if it does not end within 10 seconds.
base::Result<> stop_forwarder(const std::string& settings);

/// Whether dnsmasq is there. Error forwarder_missing.
base::Result<> has_forwarder();

/// What one that ended by itself has left in /run. systemd does that for its unit.
void tidy_up_after_forwarder();

} // namespace eligate::linux_adapter
