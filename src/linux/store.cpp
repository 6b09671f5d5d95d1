// SPDX-License-Identifier: Apache-2.0
#include "linux/store.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"
#include "linux/file.hpp"
#include "linux/lock_holder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <utility>

namespace eligate::linux_adapter {
namespace {

using base::msg;
using base::Result;
using base::UniqueFd;

/// The file goes with the lock: after a failed apply, or a removal, nothing of ours is left, not even this.
class FileLock : public port::Lock {
  public:
    FileLock(UniqueFd fd, std::string path)
        : m_fd(std::move(fd))
        , m_path(std::move(path)) {}
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    FileLock(FileLock&&) = delete;
    FileLock& operator=(FileLock&&) = delete;
    ~FileLock() override { ::unlink(m_path.c_str()); }

  private:
    UniqueFd m_fd;
    std::string m_path;
};

/// Whether the path still names this open file: its holder may have removed it while we waited to open it.
bool is_at(const std::string& path, int fd) {
    struct stat by_path{};
    struct stat by_fd{};
    return ::lstat(path.c_str(), &by_path) == 0 && ::fstat(fd, &by_fd) == 0 &&
           by_path.st_dev == by_fd.st_dev && by_path.st_ino == by_fd.st_ino;
}

/// What the holder wrote into the lock file: pid, seconds since the epoch, command.
base::Unexpected held_by(int fd) {
    std::array<char, 96> text{};
    const auto got = ::pread(fd, text.data(), text.size(), 0);
    std::istringstream words(got > 0 ? std::string(text.data(), static_cast<std::size_t>(got))
                                     : std::string());
    std::string pid = "?";
    std::string command = "?";
    std::int64_t since = 0;
    words >> pid >> since >> command;
    base::Evidence evidence{{"pid", pid}, {"command", command}};
    if (since > 0)
        evidence.emplace_back("since", fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(since)));
    return base::fail(catalog::code::locked,
                      msg(N_("process {pid} (eligate {command}) is changing this machine"),
                          {{"pid", pid}, {"command", command}}),
                      std::move(evidence));
}

/// False once it is cancelled.
bool pause(const base::Cancel* cancel, std::chrono::milliseconds time) {
    pollfd stop{.fd = cancel != nullptr ? cancel->fd() : -1, .events = POLLIN, .revents = 0};
    return ::poll(&stop, 1, static_cast<int>(time.count())) <= 0;
}

/// The temporary files of store_file.
std::vector<std::string> half_written_in(const std::string& folder) {
    auto names = list_folder(folder).value_or(std::vector<std::string>());
    std::erase_if(names,
                  [](const std::string& name) { return !name.starts_with('.') || !name.ends_with(".new"); });
    return names;
}

Result<> sync_folder(const std::string& folder) {
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0)
        return base::Unexpected(system_error("fsync", folder));
    return {};
}

} // namespace

FolderStore::FolderStore(std::string folder, std::string lock_path)
    : m_folder(std::move(folder))
    , m_lock_path(std::move(lock_path)) {}

std::string FolderStore::path_of(std::string_view name) const {
    return m_folder + "/" + std::string(name);
}

Result<> FolderStore::make_folder() const {
    if (::mkdir(m_folder.c_str(), 0700) == 0)
        return sync_folder(m_folder.substr(0, m_folder.rfind('/')));
    struct stat status{};
    if (errno != EEXIST || ::lstat(m_folder.c_str(), &status) != 0)
        return base::Unexpected(system_error("mkdir", m_folder));
    if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 0077U) != 0)
        return base::fail(catalog::code::file_not_ours,
                          msg(N_("{path} is not a folder of root's alone"), {{"path", m_folder}}),
                          {{"path", m_folder}});
    return {};
}

/// flock(2) with a deadline: the kernel has none, so it is asked every 100 ms.
Result<UniqueFd> FolderStore::lock_file(const port::LockWish& wish) const {
    constexpr std::chrono::milliseconds interval(100);
    const auto deadline = std::chrono::steady_clock::now() + wish.patience;
    while (true) {
        UniqueFd fd(::open(m_lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!fd)
            return base::Unexpected(system_error("open", m_lock_path));
        if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
            // A lock on a file that its last holder has removed would keep nobody out.
            if (is_at(m_lock_path, fd.get()))
                return fd;
            continue;
        }
        if (errno != EWOULDBLOCK)
            return base::Unexpected(system_error("flock", m_lock_path));
        if (std::chrono::steady_clock::now() >= deadline || !pause(wish.cancel, interval))
            return held_by(fd.get());
    }
}

/// Ends whoever holds it. A lock that somebody holds by hand (flock(1)) names nobody, and is not taken away.
Result<UniqueFd> FolderStore::wrest_lock(const base::Error& locked) const {
    constexpr std::chrono::seconds to_put_back(30);
    constexpr std::chrono::seconds to_die(5);
    const auto pid = std::ranges::find(locked.evidence, "pid", &std::pair<std::string, std::string>::first);
    const LockHolder holder(
        pid == locked.evidence.end() ? 0 : static_cast<pid_t>(std::strtol(pid->second.c_str(), nullptr, 10)),
        m_lock_path);
    if (!holder)
        return base::Unexpected(locked);
    holder.ask();
    auto fd = lock_file({.purpose = {}, .patience = to_put_back});
    if (fd || fd.error().code != catalog::code::locked)
        return fd;
    holder.kill();
    return lock_file({.purpose = {}, .patience = to_die});
}

Result<std::unique_ptr<port::Lock>> FolderStore::lock(const port::LockWish& wish) {
    auto taken = lock_file(wish);
    if (!taken && wish.insist && taken.error().code == catalog::code::locked)
        taken = wrest_lock(taken.error());
    ELIGATE_TRY_ASSIGN(auto fd, std::move(taken));
    const auto text = fmt::format("{} {} {}\n", ::getpid(), std::time(nullptr), wish.purpose);
    if (::ftruncate(fd.get(), 0) != 0 || ::pwrite(fd.get(), text.data(), text.size(), 0) < 0)
        return base::Unexpected(system_error("write", m_lock_path));
    return std::make_unique<FileLock>(std::move(fd), m_lock_path);
}

Result<std::optional<base::Secret>> FolderStore::read(std::string_view name) {
    ELIGATE_TRY_ASSIGN(auto file, stored_file(path_of(name)));
    if (!file)
        return std::nullopt;
    if (file->owner != ::geteuid() || (file->mode & 0077U) != 0)
        return base::fail(catalog::code::file_not_ours,
                          msg(N_("{path} is not a plain file of root's"), {{"path", path_of(name)}}),
                          {{"path", path_of(name)}});
    return std::move(file->content);
}

Result<> FolderStore::write(std::string_view name, const base::Secret& content) {
    ELIGATE_TRY(make_folder());
    return store_file(path_of(name), content, 0600);
}

Result<> FolderStore::append(std::string_view name, const base::Secret& record) {
    ELIGATE_TRY(make_folder());
    const auto path = path_of(name);
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd)
        return base::Unexpected(system_error("open", path));
    const auto bytes = record.expose();
    if (::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
        return base::Unexpected(system_error("write", path));
    if (::fsync(fd.get()) != 0)
        return base::Unexpected(system_error("fsync", path));
    return {};
}

Result<> FolderStore::rename(std::string_view name, std::string_view to) {
    if (::rename(path_of(name).c_str(), path_of(to).c_str()) != 0)
        return base::Unexpected(system_error("rename", path_of(to)));
    return sync_folder(m_folder);
}

Result<> FolderStore::remove(std::string_view name) {
    ELIGATE_TRY(delete_file(path_of(name)));
    // Only an empty folder goes; ENOTEMPTY and ENOENT are as it should be.
    ::rmdir(m_folder.c_str());
    return {};
}

Result<std::vector<std::string>> FolderStore::names() {
    auto names = list_folder(m_folder);
    if (!names && names.error().code == catalog::code::file_missing)
        return std::vector<std::string>();
    return names;
}

bool FolderStore::has_half_written() {
    struct stat status{};
    // So is a folder with nothing in it.
    return ::lstat(m_folder.c_str(), &status) == 0 &&
           (!half_written_in(m_folder).empty() ||
            list_folder(m_folder).value_or(std::vector<std::string>{"?"}).empty());
}

void FolderStore::drop_half_written() {
    for (const auto& name : half_written_in(m_folder))
        ::unlink(path_of(name).c_str());
    ::rmdir(m_folder.c_str());
}

} // namespace eligate::linux_adapter
