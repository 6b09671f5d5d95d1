// SPDX-License-Identifier: Apache-2.0
#include "linux/lock_holder.hpp"

#include <fmt/format.h>

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <system_error>

namespace eligate::linux_adapter {
namespace {

bool has_open(pid_t pid, const std::string& path) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), error)) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone) == path)
            return true;
    }
    return false;
}

/// glibc 2.36 declares pidfd_send_signal(3) without C linkage.
void send(int process, int signal) {
    ::syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0U); // NOLINT(*-vararg)
}

} // namespace

LockHolder::LockHolder(pid_t pid, const std::string& lock_path)
    : m_process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U))) { // NOLINT(*-vararg)
    // The number was read before: what has it now is looked at after it can no longer pass to another one.
    if (m_process && !has_open(pid, lock_path))
        m_process.reset();
}

void LockHolder::ask() const {
    send(m_process.get(), SIGTERM);
    send(m_process.get(), SIGCONT);
}

void LockHolder::kill() const {
    send(m_process.get(), SIGKILL);
}

} // namespace eligate::linux_adapter
