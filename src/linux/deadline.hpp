// SPDX-License-Identifier: Apache-2.0
/// port::Deadline by systemd where it runs, else by a process of our own.
#pragma once

#include "port/deadline.hpp"

#include <string>

namespace eligate::linux_adapter {

class SystemDeadline : public port::Deadline {
  public:
    /// `journal`: folder and name of the file that stands as long as something is unfinished.
    SystemDeadline(std::string folder, std::string journal);

    base::Result<> arm(const port::Alarm& alarm) override;
    void disarm(std::string_view change) override;
    bool wait(std::chrono::seconds after, const base::Cancel& cancel,
              const std::function<void()>& listening) override;
    port::Uptime uptime() override;

  private:
    std::string m_folder;
    std::string m_journal;
};

} // namespace eligate::linux_adapter
