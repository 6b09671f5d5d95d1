// SPDX-License-Identifier: Apache-2.0
#include "sweep/tracee.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <fstream>

namespace eligate::sweep {
namespace {

constexpr std::size_t page = 4096;

std::string proc_of(pid_t task, const std::string& name) {
    return "/proc/" + std::to_string(task) + "/" + name;
}

std::string link_target(const std::string& link) {
    std::array<char, PATH_MAX> text{};
    const auto size = ::readlink(link.c_str(), text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::optional<struct stat> status_of(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return status;
}

} // namespace

pid_t process_of(pid_t thread) {
    std::ifstream status(proc_of(thread, "status"));
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Tgid:"))
            return static_cast<pid_t>(std::stol(line.substr(5)));
    return thread;
}

std::string Tracee::proc(const std::string& name) const {
    return proc_of(m_thread, name);
}

std::string Tracee::program() const {
    std::ifstream file(proc_of(m_process, "comm"));
    std::string name;
    std::getline(file, name);
    return name;
}

std::size_t Tracee::read(std::uint64_t address, void* into, std::size_t size) const {
    const iovec here{.iov_base = into, .iov_len = size};
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of another process is a number here
    const iovec there{.iov_base = reinterpret_cast<void*>(address), .iov_len = size};
    return static_cast<std::size_t>(
        std::max<ssize_t>(::process_vm_readv(m_thread, &here, 1, &there, 1, 0), 0));
}

std::string Tracee::bytes(std::uint64_t address, std::size_t size) const {
    std::string found(size, '\0');
    found.resize(read(address, found.data(), size));
    return found;
}

std::string Tracee::text(std::uint64_t address) const {
    std::string found;
    while (found.size() < PATH_MAX) {
        // Up to the end of a page only: what lies behind it need not be mapped.
        const auto part = bytes(address + found.size(), page - (address + found.size()) % page);
        const auto end = part.find('\0');
        found += part.substr(0, end);
        if (part.empty() || end != std::string::npos)
            break;
    }
    return found;
}

std::string Tracee::target(int descriptor) const {
    return link_target(proc("fd/" + std::to_string(descriptor)));
}

std::optional<struct stat> Tracee::status(int descriptor) const {
    return status_of(proc("fd/" + std::to_string(descriptor)));
}

std::string Tracee::path(int folder, const std::string& name) const {
    if (name.starts_with('/'))
        return name;
    const auto base = folder == AT_FDCWD ? link_target(proc("cwd")) : target(folder);
    return name.empty() || name == "." ? base : base + (base.ends_with('/') ? "" : "/") + name;
}

std::optional<struct stat> Tracee::status(const std::string& path) const {
    return status_of(proc("root" + path));
}

bool Tracee::is_in_our_network() const {
    const auto ours = status_of("/proc/self/ns/net");
    const auto theirs = status_of(proc("ns/net"));
    return !ours || !theirs || (ours->st_ino == theirs->st_ino && ours->st_dev == theirs->st_dev);
}

base::UniqueFd Tracee::borrow(int descriptor) const {
    const base::UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, m_process, 0)));
    if (!process)
        return {};
    return base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), descriptor, 0)));
}

} // namespace eligate::sweep
