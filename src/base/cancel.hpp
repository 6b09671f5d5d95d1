// SPDX-License-Identifier: Apache-2.0
/// "Please stop": set from a signal handler, seen by everything that waits.
#pragma once

#include "base/unique_fd.hpp"

namespace eligate::base {

class Cancel {
  public:
    Cancel();
    /// Safe in a signal handler; may be called more than once.
    void request() const noexcept;
    bool requested() const noexcept;
    /// Becomes and stays readable once cancelled: put it beside the descriptor you poll.
    int fd() const { return m_event.get(); }

  private:
    UniqueFd m_event;
};

} // namespace eligate::base
