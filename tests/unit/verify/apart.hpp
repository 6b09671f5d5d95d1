// SPDX-License-Identifier: Apache-2.0
/// A network of this test's own: a fresh namespace, so that any port is free and nothing leaves the machine.
#pragma once

#include <string>
#include <vector>

namespace eligate::test {

/// Moves this thread, and the threads it starts later, into a new network namespace with `lo` up, and a mount
/// namespace in which /etc/resolv.conf can be replaced. Needs root; throws otherwise.
class Apart {
  public:
    Apart();
};

void bring_up(const std::string& interface);

/// Runs a program (ip(8)) and throws unless it succeeds.
void run(const std::vector<std::string>& command);

/// What the resolver reads from now on, in this mount namespace.
void write_resolv_conf(const std::string& text);

} // namespace eligate::test
