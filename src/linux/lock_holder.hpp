// SPDX-License-Identifier: Apache-2.0
/// The process that holds eligate's lock file, and its end where it does not come to one.
#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <string>

namespace eligate::linux_adapter {

/// A process that is known to have the lock file open: not merely one that has its number by now.
class LockHolder {
  public:
    /// Without a process if `pid` has not got the file at `lock_path` open, or may not be looked at.
    LockHolder(pid_t pid, const std::string& lock_path);

    explicit operator bool() const { return static_cast<bool>(m_process); }
    /// SIGTERM, which puts everything back in good order, also for one that was stopped (Ctrl-Z).
    void ask() const;
    /// SIGKILL.
    void kill() const;
    /// The process itself; readable once it has ended (pidfd_open(2)).
    int fd() const { return m_process.get(); }

  private:
    base::UniqueFd m_process;
};

} // namespace eligate::linux_adapter
