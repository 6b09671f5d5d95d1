// SPDX-License-Identifier: Apache-2.0
#include "linux/deadline.hpp"

#include "catalog/catalog.hpp"
#include "linux/supervisor.hpp"
#include "linux/systemd_timer.hpp"
#include "linux/uptime.hpp"

#include <fmt/format.h>

#include <array>
#include <climits>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eligate::linux_adapter {
namespace {

using base::Result;

std::string unit_of(port::Alarm::Bounds bounds, std::string_view change) {
    return fmt::format("eligate-{}-{}", bounds == port::Alarm::Bounds::hold ? "hold" : "deadline", change);
}

/// The file itself: a name found by PATH could be another one by then.
std::string this_program() {
    std::array<char, PATH_MAX> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : std::string();
}

} // namespace

SystemDeadline::SystemDeadline(std::string folder, std::string journal)
    : m_folder(std::move(folder))
    , m_journal(std::move(journal)) {}

Result<> SystemDeadline::arm(const port::Alarm& alarm) {
    std::vector<std::string> command{this_program(), "restore", "--overdue", alarm.change};
    if (systemd_runs())
        return start_timer({.name = unit_of(alarm.bounds, alarm.change),
                            .description = "eligate puts an unfinished change back",
                            .after = alarm.after,
                            .command = std::move(command)});
    command.insert(command.end(), {"--after", std::to_string(alarm.after.count())});
    return start_supervisor(command);
}

void SystemDeadline::disarm(std::string_view change) {
    // A supervisor sees for itself that the journal is gone.
    if (systemd_runs())
        stop_timers(
            {unit_of(port::Alarm::Bounds::change, change), unit_of(port::Alarm::Bounds::hold, change)});
}

bool SystemDeadline::wait(std::chrono::seconds after, const base::Cancel& cancel,
                          const std::function<void()>& listening) {
    return wait_while_there(m_folder, m_journal, after, cancel, listening);
}

port::Uptime SystemDeadline::uptime() {
    return linux_adapter::uptime();
}

} // namespace eligate::linux_adapter
