// SPDX-License-Identifier: Apache-2.0
#include "linux/deadline.hpp"

#include "catalog/catalog.hpp"
#include "linux/supervisor.hpp"
#include "linux/systemd_bus.hpp"
#include "linux/systemd_timer.hpp"
#include "linux/uptime.hpp"

#include <fmt/format.h>

#include <array>
#include <climits>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace eligate::linux_adapter {
namespace {

using base::Result;

std::string unit_of(port::Alarm::Bounds bounds, std::string_view change) {
    return fmt::format("eligate-{}-{}", bounds == port::Alarm::Bounds::hold ? "hold" : "deadline", change);
}

/// The file itself: a name found by PATH could be another one by then. After an upgrade the new one has its
/// name.
std::string this_program() {
    constexpr std::string_view replaced = " (deleted)";
    std::array<char, PATH_MAX> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
    std::string_view name(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (name.ends_with(replaced))
        name.remove_suffix(replaced.size());
    return std::string(name);
}

} // namespace

SystemDeadline::SystemDeadline(std::string folder, std::string journal)
    : m_folder(std::move(folder))
    , m_journal(std::move(journal)) {}

Result<> SystemDeadline::arm(const port::Alarm& alarm) {
    std::vector<std::string> command{this_program(), "restore", "--overdue", alarm.change};
    if (::access(command.front().c_str(), X_OK) != 0)
        return base::fail(
            catalog::code::deadline_not_armed,
            base::msg(N_("the program {path} is not there any more"), {{"path", command.front()}}),
            {{"path", command.front()}});
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
