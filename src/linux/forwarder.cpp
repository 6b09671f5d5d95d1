// SPDX-License-Identifier: Apache-2.0
#include "linux/forwarder.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"
#include "linux/file.hpp"
#include "linux/netlink.hpp"
#include "linux/systemd_bus.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace eligate::linux_adapter {
namespace {

using base::msg;
using base::Result;
namespace code = catalog::code;

constexpr const char* unit = "eligate-forwarder.service";
constexpr const char* program = "/usr/sbin/dnsmasq";
constexpr const char* folder = "/run/eligate-forwarder";
constexpr const char* pid_file = "/run/eligate-forwarder/pid";
constexpr std::chrono::seconds patience(10);

base::Unexpected not_started(const std::string& reason) {
    return base::fail(code::forwarder_not_started,
                      msg(N_("the terminals' DNS forwarder does not start: {reason}"), {{"reason", reason}}),
                      {{"program", program}, {"reason", reason}});
}

base::Unexpected not_stopped(const std::string& reason) {
    return base::fail(code::forwarder_not_started,
                      msg(N_("the terminals' DNS forwarder does not stop: {reason}"), {{"reason", reason}}),
                      {{"program", program}, {"reason", reason}});
}

std::string words_of(int error) {
    return std::strerror(error); // NOLINT(concurrency-mt-unsafe): one thread
}

/// A sandbox (eligate-keep.service) does not show another user's process, and tells only that it is there.
/// The pid is good for that: systemd takes the file away with the process.
bool is_dnsmasq(int pid) {
    std::array<char, 64> target{};
    const auto length =
        ::readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), target.data(), target.size());
    if (length < 0)
        return ::kill(pid, 0) == 0 || errno == EPERM;
    const std::string_view name(target.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    // After an upgrade of dnsmasq the old one runs on.
    return name.starts_with(program);
}

int milliseconds_of(std::chrono::nanoseconds span) {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(span).count());
}

struct Process {
    int pid = 0;
    /// pidfd_open(2): ready once the process has ended, its sockets included. Its name in /proc goes before
    /// them.
    base::UniqueFd end;
};

/// The one with these settings, and those that it has forked for TCP: they hold its sockets, too, and heed no
/// SIGTERM. To be looked for before any of them is told to end: whoever is ending tells no settings any more.
Result<std::vector<Process>> processes_with(const std::string& settings) {
    constexpr std::size_t longest = 4096;
    const auto option = "--conf-file=" + settings;
    std::vector<Process> found;
    const auto names = list_folder("/proc");
    for (const auto& name : names ? *names : std::vector<std::string>{}) {
        int pid = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || rest != name.data() + name.size() || !is_dnsmasq(pid))
            continue;
        const auto words = read_file("/proc/" + name + "/cmdline", longest);
        if (!words || words->expose().find(option) == std::string_view::npos)
            continue;
        // glibc 2.36 knows no such function.
        base::UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); // NOLINT(*-vararg)
        // It has ended since.
        if (!end && errno == ESRCH)
            continue;
        if (!end)
            return not_stopped(words_of(errno));
        found.push_back({.pid = pid, .end = std::move(end)});
    }
    return found;
}

Result<> end_process(const Process& process, int signal) {
    // By the descriptor: the number may be another one's by now.
    // NOLINTNEXTLINE(*-vararg)
    if (::syscall(SYS_pidfd_send_signal, process.end.get(), signal, nullptr, 0) != 0 && errno != ESRCH)
        return not_stopped(words_of(errno));
    pollfd end{.fd = process.end.get(), .events = POLLIN, .revents = 0};
    return ::poll(&end, 1, milliseconds_of(patience)) > 0 ? Result<>()
                                                          : Result<>(not_stopped(words_of(ETIMEDOUT)));
}

/// The first one in good order, and then whatever is left of it.
Result<> end_all(const std::string& settings) {
    const int first = forwarder_pid();
    ELIGATE_TRY_ASSIGN(const auto all, processes_with(settings));
    for (const auto& process : all)
        if (process.pid == first)
            ELIGATE_TRY(end_process(process, SIGTERM));
    for (const auto& process : all)
        ELIGATE_TRY(end_process(process, SIGKILL));
    return {};
}

Result<> by_systemd() {
    SystemdBus bus;
    auto refusal = bus.connect();
    // A unit that failed too often in a row is not started again before that.
    if (!refusal)
        static_cast<void>(bus.queue("ResetFailedUnit", unit, nullptr));
    if (!refusal)
        refusal = bus.queue("RestartUnit", unit);
    if (refusal)
        return not_started(*refusal);
    // At boot systemd holds the job back until this very process has ended.
    if (!bus.settles(unit, bus.state_of("basic.target") == "active" ? std::chrono::milliseconds(patience)
                                                                    : std::chrono::milliseconds(0)))
        return {};
    const auto state = bus.state_of(unit);
    return state == "active" ? Result<>() : Result<>(not_started(state));
}

Result<std::string> outcome_of(pid_t child, int words) {
    std::string said;
    std::array<char, 512> buffer{};
    ssize_t got = 0;
    // It ends with the process that put itself into the background: dnsmasq closes it there.
    const auto deadline = std::chrono::steady_clock::now() + patience;
    do {
        pollfd ready{.fd = words, .events = POLLIN, .revents = 0};
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= std::chrono::steady_clock::duration::zero() ||
            (::poll(&ready, 1, milliseconds_of(left)) < 0 && errno != EINTR)) {
            ::kill(child, SIGKILL);
            break;
        }
        got = ready.revents != 0 ? ::read(words, buffer.data(), buffer.size()) : 1;
        if (got > 0 && ready.revents != 0 && said.size() < buffer.size())
            said.append(buffer.data(), static_cast<std::size_t>(got));
    } while (got > 0 || (got < 0 && errno == EINTR));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    const auto first = said.find_first_not_of("\n ");
    said = first == std::string::npos ? "" : said.substr(first, said.find_last_not_of("\n ") - first + 1);
    if (WIFSIGNALED(status))
        return not_started("signal " + std::to_string(WTERMSIG(status)));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return not_started(said.empty() ? "exit status " + std::to_string(WEXITSTATUS(status)) : said);
    return said;
}

Result<> by_ourselves(const std::string& settings) {
    if (::mkdir(folder, 0755) != 0 && errno != EEXIST)
        return not_started(words_of(errno));
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return not_started(words_of(errno));
    const base::UniqueFd ear(ends[0]);
    base::UniqueFd mouth(ends[1]);
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, mouth.get(), STDERR_FILENO);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    sigset_t none{};
    sigemptyset(&none);
    sigset_t all{};
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words{program, "--conf-file=" + settings, std::string("--pid-file=") + pid_file};
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<char*, 1> environment{nullptr};
    pid_t child = 0;
    const int error = posix_spawn(&child, program, &files, &attributes, argv.data(), environment.data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    mouth.reset();
    if (error != 0)
        return not_started(words_of(error));
    ELIGATE_TRY(outcome_of(child, ear.get()));
    // It has written its word before it went into the background.
    return forwarder_pid() != 0 ? Result<>() : Result<>(not_started(words_of(ESRCH)));
}

/// While the tunnel is down, what the forwarder asks cannot be sent at all: rules of packaging/updown.
void forget_what_fails_at_once() {
    constexpr std::uint32_t priority = 209;
    constexpr std::uint8_t protocol = 85;
    if (auto netlink = Netlink::open())
        netlink->drop_rules(priority, protocol);
}

} // namespace

int forwarder_pid() {
    constexpr std::size_t longest = 32;
    const auto text = read_file(pid_file, longest);
    int pid = 0;
    if (!text)
        return 0;
    const auto digits = text->expose();
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    return error == std::errc{} && pid > 0 && is_dnsmasq(pid) ? pid : 0;
}

bool forwarder_runs() {
    if (forwarder_pid() != 0)
        return true;
    if (!systemd_runs())
        return false;
    SystemdBus bus;
    return !bus.connect() && bus.has_job(unit);
}

Result<> has_forwarder() {
    if (::access(program, X_OK) == 0)
        return {};
    return base::fail(code::forwarder_missing, msg(N_("{program} cannot be run"), {{"program", program}}),
                      {{"program", program}, {"error", words_of(errno)}, {"package", "dnsmasq-base"}});
}

Result<> start_forwarder(const std::string& settings) {
    ELIGATE_TRY(has_forwarder());
    if (systemd_runs())
        return by_systemd();
    ELIGATE_TRY(stop_forwarder(settings));
    return by_ourselves(settings);
}

Result<> stop_forwarder(const std::string& settings) {
    if (systemd_runs()) {
        SystemdBus bus;
        auto refusal = bus.connect();
        if (!refusal)
            refusal = bus.queue("StopUnit", unit);
        if (!refusal && !bus.settles(unit, patience))
            refusal = words_of(ETIMEDOUT);
        if (refusal)
            return not_stopped(*refusal);
    } else {
        ELIGATE_TRY(end_all(settings));
        tidy_up_after_forwarder();
    }
    // Only now: packaging/updown looks once more for the forwarder after it has added one.
    forget_what_fails_at_once();
    return {};
}

void tidy_up_after_forwarder() {
    if (systemd_runs() || forwarder_pid() != 0)
        return;
    ::unlink(pid_file);
    ::rmdir(folder);
}

} // namespace eligate::linux_adapter
