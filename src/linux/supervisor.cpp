// SPDX-License-Identifier: Apache-2.0
#include "linux/supervisor.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string_view>

namespace eligate::linux_adapter {
namespace {

using base::Result;
using base::UniqueFd;

base::Unexpected not_armed(int error) {
    const std::string reason = std::strerror(error); // NOLINT(concurrency-mt-unsafe): one thread
    return base::fail(catalog::code::deadline_not_armed,
                      base::msg(N_("the process that watches over the change does not start: {reason}"),
                                {{"reason", reason}}),
                      {{"program", "eligate restore"}, {"reason", reason}});
}

/// What posix_spawn(3) is told.
class Birth {
  public:
    explicit Birth(int output) {
        sigset_t none{};
        sigemptyset(&none);
        sigset_t all{};
        sigfillset(&all);
        posix_spawnattr_init(&m_attributes);
        // A session of its own: what ends ours (a lost SSH connection, Ctrl-C) does not reach it.
        posix_spawnattr_setflags(&m_attributes,
                                 POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigmask(&m_attributes, &none);
        posix_spawnattr_setsigdefault(&m_attributes, &all);
        posix_spawn_file_actions_init(&m_files);
        posix_spawn_file_actions_adddup2(&m_files, output, STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&m_files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&m_files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        // Nobody's mount is to stay busy for its sake.
        posix_spawn_file_actions_addchdir_np(&m_files, "/");
    }
    Birth(const Birth&) = delete;
    Birth& operator=(const Birth&) = delete;
    Birth(Birth&&) = delete;
    Birth& operator=(Birth&&) = delete;
    ~Birth() {
        posix_spawn_file_actions_destroy(&m_files);
        posix_spawnattr_destroy(&m_attributes);
    }

    int give(pid_t& pid, const std::vector<std::string>& command) const {
        std::vector<char*> argv;
        argv.reserve(command.size() + 1);
        for (const auto& word : command)
            argv.push_back(const_cast<char*>(word.c_str())); // NOLINT(*-const-cast): a char** in C
        argv.push_back(nullptr);
        // Nothing of a caller's environment rules a process that outlives him.
        std::array<char*, 1> environment{nullptr};
        return posix_spawn(&pid, argv.front(), &m_files, &m_attributes, argv.data(), environment.data());
    }

  private:
    posix_spawnattr_t m_attributes{};
    posix_spawn_file_actions_t m_files{};
};

bool has_spoken(int pipe) {
    constexpr int limit_millis = 5000;
    pollfd word{.fd = pipe, .events = POLLIN, .revents = 0};
    int ready = 0;
    do
        ready = ::poll(&word, 1, limit_millis);
    while (ready < 0 && errno == EINTR);
    char byte = 0;
    return ready > 0 && ::read(pipe, &byte, 1) == 1;
}

UniqueFd timer_of(std::chrono::seconds after) {
    UniqueFd timer(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC));
    const itimerspec once{.it_interval = {}, .it_value = {.tv_sec = after.count(), .tv_nsec = 1}};
    if (timer && ::timerfd_settime(timer.get(), 0, &once, nullptr) != 0)
        return {};
    return timer;
}

/// Whether the file has gone since it was watched. Another one of its name may be there by now: a process
/// that gets no processor for a while sees only the next change's journal.
bool has_gone(int watch, std::string_view file) {
    bool gone = false;
    alignas(inotify_event) std::array<char, 4096> events{};
    ssize_t got = 0;
    while ((got = ::read(watch, events.data(), events.size())) > 0) {
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            // NOLINTNEXTLINE(*-reinterpret-cast): how inotify(7) hands events over
            const auto* const event = reinterpret_cast<const inotify_event*>(&events.at(at));
            gone = gone || (event->mask & IN_DELETE_SELF) != 0 || (event->len > 0 && file == event->name);
            at += sizeof *event + event->len;
        }
    }
    return gone;
}

} // namespace

Result<> start_supervisor(const std::vector<std::string>& command) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return not_armed(errno);
    const UniqueFd ear(ends[0]);
    UniqueFd mouth(ends[1]);
    pid_t pid = 0;
    if (const int error = Birth(mouth.get()).give(pid, command); error != 0)
        return not_armed(error);
    mouth = UniqueFd();
    if (has_spoken(ear.get()))
        return {};
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return not_armed(ETIMEDOUT);
}

bool wait_while_there(const std::string& folder, const std::string& file, std::chrono::seconds after,
                      const base::Cancel& cancel, const std::function<void()>& listening) {
    const UniqueFd timer = timer_of(after);
    const UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    const bool watched =
        watch && ::inotify_add_watch(watch.get(), folder.c_str(),
                                     IN_DELETE | IN_DELETE_SELF | IN_MOVED_FROM | IN_ONLYDIR) >= 0;
    const auto path = folder + "/" + file;
    // Without ears it would miss the end of the change, ring for nothing and find nothing; without a clock
    // it would never ring.
    if (!timer || !watched)
        return false;
    listening();
    while (::access(path.c_str(), F_OK) == 0) {
        std::array<pollfd, 3> ready{{{.fd = timer.get(), .events = POLLIN, .revents = 0},
                                     {.fd = watch.get(), .events = POLLIN, .revents = 0},
                                     {.fd = cancel.fd(), .events = POLLIN, .revents = 0}}};
        if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR)
            return true;
        if (ready[2].revents != 0)
            return false;
        if (has_gone(watch.get(), file))
            return false;
        if (ready[0].revents != 0)
            return true;
    }
    return false;
}

} // namespace eligate::linux_adapter
