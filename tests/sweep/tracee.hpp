// SPDX-License-Identifier: Apache-2.0
/// One stopped thread of the traced command, looked at from outside: its memory, descriptors and folders.
#pragma once

#include "base/unique_fd.hpp"

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace eligate::sweep {

/// Thread group of a thread; the thread itself if it is gone.
pid_t process_of(pid_t thread);

class Tracee {
  public:
    Tracee(pid_t thread, pid_t process)
        : m_thread(thread)
        , m_process(process) {}

    pid_t thread() const { return m_thread; }
    pid_t process() const { return m_process; }

    /// The program's name, as the kernel has it.
    std::string program() const;

    /// What can be read of `size` bytes.
    std::string bytes(std::uint64_t address, std::size_t size) const;
    std::string text(std::uint64_t address) const;

    /// A value of the kernel's interface: msghdr, iovec.
    template <class Value>
    Value value(std::uint64_t address) const {
        Value found{};
        read(address, &found, sizeof found);
        return found;
    }

    /// What a descriptor stands for: "/path", "pipe:[17]"; empty if it is closed.
    std::string target(int descriptor) const;
    std::optional<struct stat> status(int descriptor) const;

    /// `name` as an absolute path; `folder` may be AT_FDCWD.
    std::string path(int folder, const std::string& name) const;
    std::optional<struct stat> status(const std::string& path) const;

    /// Not in a network namespace that it has made to try something.
    bool is_in_our_network() const;

    /// Another descriptor of the same open file, as dup(2) would make it.
    base::UniqueFd borrow(int descriptor) const;

  private:
    std::size_t read(std::uint64_t address, void* into, std::size_t size) const;
    std::string proc(const std::string& name) const;

    pid_t m_thread;
    pid_t m_process;
};

} // namespace eligate::sweep
