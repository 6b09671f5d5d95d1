// SPDX-License-Identifier: Apache-2.0
/// Who sits behind this process, and where.
#pragma once

#include <string>

namespace eligate::linux_adapter {

struct Session {
    /// Who logged in (the kernel's loginuid, which sudo leaves alone); where nobody did, whose process it is.
    std::string user;
    /// The other end's address where it is an SSH session, else empty; sudo hides it from our own
    /// environment, not from our ancestors'.
    std::string peer;
};

/// Reads /proc/PID of this process and at most 32 of its ancestors.
Session session_of_this_process();

/// "taro", or "taro (192.168.1.5)" over SSH.
std::string who_runs_this();

} // namespace eligate::linux_adapter
