// SPDX-License-Identifier: Apache-2.0
/// A point: a system call about to be run that changes the machine.
#pragma once

#include "sweep/calls.hpp"
#include "sweep/tracee.hpp"
#include "sweep/vici_flow.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace eligate::sweep {

struct Point {
    /// The program's name: "eligate", "nft".
    std::string who;
    std::string call;
    /// A path, two with an arrow, a netlink message, a command for charon.
    std::string what;
    /// "/", "/run" and so on: what may be full or broken by itself. Empty where no file is concerned.
    std::string disk;
    bool takes_room = false;
};

/// A thread at the door of one of the calls in `calls.cpp`.
struct Knock {
    const Call& call;
    std::array<std::uint64_t, 6> arguments;
};

struct Seen {
    std::optional<Point> point;
    /// Goes into a pipe, and who reads there is known when the last child has become a program.
    bool into_pipe = false;
    /// What goes to charon, and over which socket: how much of it was taken is known when the call is over.
    std::string vici_socket;
    std::string vici_bytes;
};

/// What is known beside the thread itself.
struct Surroundings {
    const std::set<pid_t>& processes;
    const std::map<std::string, ViciFlow>& vici;
};

Seen look(const Tracee& tracee, const Knock& knock, const Surroundings& surroundings);

} // namespace eligate::sweep
