// SPDX-License-Identifier: Apache-2.0
/// systemd's journal, in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram an entry.
/// Not through sd_journal_sendv(3): that waits for a journald that is stuck, and a firewall must not.
#pragma once

#include "port/system_log.hpp"

#include <string>

namespace eligate::linux_adapter {

class JournalLog : public port::SystemLog {
  public:
    explicit JournalLog(std::string socket_path = "/run/systemd/journal/socket")
        : m_socket_path(std::move(socket_path)) {}

    /// Only where journald listens; elsewhere nothing happens.
    void write(const port::LogEntry& entry) override;

  private:
    std::string m_socket_path;
};

} // namespace eligate::linux_adapter
