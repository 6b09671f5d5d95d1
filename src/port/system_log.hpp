// SPDX-License-Identifier: Apache-2.0
/// The machine's own log: what became of it, for whoever looks at it later or watches many of them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eligate::port {

/// syslog(3)'s numbers.
enum class Priority { error = 3, warning = 4, notice = 5, info = 6 };

struct LogEntry {
    Priority priority = Priority::info;
    /// 32 hex digits, the same for one kind of event for ever (journalctl MESSAGE_ID=…).
    std::string_view message_id;
    std::string text;
    /// "ELIGATE_CODE" and its value. Never a secret, and nothing that came from a peer.
    std::vector<std::pair<std::string, std::string>> fields = {};
};

class SystemLog {
  public:
    SystemLog() = default;
    SystemLog(const SystemLog&) = delete;
    SystemLog& operator=(const SystemLog&) = delete;
    SystemLog(SystemLog&&) = delete;
    SystemLog& operator=(SystemLog&&) = delete;
    virtual ~SystemLog() = default;

    /// Does not block. A machine without a log is none the worse: nothing is told.
    virtual void write(const LogEntry& entry) = 0;
};

} // namespace eligate::port
