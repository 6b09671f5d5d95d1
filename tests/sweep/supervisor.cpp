// SPDX-License-Identifier: Apache-2.0
#include "sweep/supervisor.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace eligate::sweep {
namespace {

constexpr long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
constexpr int signal_exit = 128;
/// A child and its parent run side by side after fork(2), and whose call comes first would differ from run to
/// run. So the child goes first; for so long, since it need not become another program.
constexpr std::chrono::milliseconds head_start(300);

long trace(int request, pid_t thread, std::uint64_t address = 0, std::uint64_t data = 0) {
    return ::ptrace(static_cast<__ptrace_request>(request), thread, address, data);
}

std::optional<__ptrace_syscall_info> call_of(pid_t thread) {
    __ptrace_syscall_info info{};
    if (trace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, reinterpret_cast<std::uint64_t>(&info)) <= 0)
        return std::nullopt;
    return info;
}

pid_t event_message(pid_t thread) {
    unsigned long message = 0;
    trace(PTRACE_GETEVENTMSG, thread, 0, reinterpret_cast<std::uint64_t>(&message));
    return static_cast<pid_t>(message);
}

/// At the door of a call: number -1 is no call, so the kernel runs nothing and leaves the result as it
/// stands.
void refuse(pid_t thread, int error) {
    user_regs_struct registers{};
    trace(PTRACE_GETREGS, thread, 0, reinterpret_cast<std::uint64_t>(&registers));
    registers.orig_rax = ~0ULL;
    registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
    trace(PTRACE_SETREGS, thread, 0, reinterpret_cast<std::uint64_t>(&registers));
}

[[noreturn]] void become(char* const* command, int ready, const sigset_t& signals) {
    char go = 0;
    const bool told = ::read(ready, &go, 1) == 1;
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    if (!told || !stop_at_calls()) {
        std::perror("cut: seccomp");
        ::_exit(own_failure);
    }
    ::execvp(command[0], command);
    const int reason = errno;
    std::perror(command[0]);
    ::_exit(reason == ENOENT ? 127 : 126);
}

std::string outcome_of(std::int64_t result, bool is_error) {
    // Which descriptor was free, or how many bytes went at once, would only make listings differ.
    if (!is_error)
        return "done";
    const char* const name = ::strerrorname_np(static_cast<int>(-result));
    return name == nullptr ? std::to_string(result) : std::string(name);
}

} // namespace

bool Supervisor::start(char* const* command) {
    // One that the caller has told to ignore its children would hear nothing of them.
    static_cast<void>(std::signal(SIGCHLD, SIG_DFL));
    sigemptyset(&m_signals);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGCONT})
        sigaddset(&m_signals, signal);
    sigset_t before{};
    ::sigprocmask(SIG_BLOCK, &m_signals, &before);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return false;
    const base::UniqueFd ready(ends[0]);
    const base::UniqueFd go(ends[1]);
    m_main = ::fork();
    if (m_main == 0) {
        ::close(ends[1]);
        become(command, ready.get(), before);
    }
    if (m_main < 0 || trace(PTRACE_SEIZE, m_main, 0, options) != 0) {
        std::perror("cut: ptrace");
        return false;
    }
    m_threads[m_main].process = m_main;
    return ::write(go.get(), "g", 1) == 1;
}

int Supervisor::run(char* const* command) {
    if (!start(command))
        return own_failure;
    while (!m_threads.empty()) {
        int status = 0;
        const pid_t thread = ::waitpid(-1, &status, __WALL | WNOHANG);
        if (thread > 0)
            on_change(thread, status);
        else if (thread < 0 && errno == ECHILD)
            break;
        else if (thread == 0 && !end_daemons())
            wait_for_news();
        release_held();
    }
    write_settled();
    return m_exit;
}

/// What has left the command's session is to outlive it, and would keep us waiting.
bool Supervisor::end_daemons() {
    const auto left = processes();
    const auto is_daemon = [here = ::getsid(0)](pid_t process) { return ::getsid(process) != here; };
    if (m_killed || m_threads.contains(m_main) || !std::ranges::all_of(left, is_daemon))
        return false;
    m_killed = true;
    for (const pid_t process : left)
        ::kill(process, SIGKILL);
    return true;
}

void Supervisor::wait_for_news() {
    siginfo_t signal{};
    constexpr timespec a_moment{.tv_sec = 0, .tv_nsec = 5'000'000};
    const int number =
        m_held.empty() ? ::sigwaitinfo(&m_signals, &signal) : ::sigtimedwait(&m_signals, &signal, &a_moment);
    if (number > 0)
        forward(signal);
}

void Supervisor::forward(const siginfo_t& signal) {
    if (signal.si_signo == SIGCONT) {
        if (m_stopped != 0)
            resume(std::exchange(m_stopped, 0));
        return;
    }
    // What a terminal sends goes to the command anyway.
    if (signal.si_signo != SIGCHLD && signal.si_code != SI_KERNEL && m_threads.contains(m_main))
        ::kill(m_main, signal.si_signo);
}

void Supervisor::on_change(pid_t thread, int status) {
    if (!WIFSTOPPED(status)) {
        on_end(thread, status);
        return;
    }
    if (!m_threads.contains(thread))
        m_threads[thread].process = process_of(thread);
    // Born while the others were being killed.
    if (m_killed) {
        ::kill(m_threads[thread].process, SIGKILL);
        return;
    }
    on_stop(thread, WSTOPSIG(status), status >> 16);
}

void Supervisor::on_stop(pid_t thread, int signal, int event) {
    switch (event) {
    case PTRACE_EVENT_SECCOMP:
        on_knock(thread);
        return;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
        on_birth(thread, event);
        resume(thread);
        return;
    case PTRACE_EVENT_EXEC:
        on_exec(thread);
        resume(thread);
        return;
    case PTRACE_EVENT_STOP:
        // SIGTRAP: it has just been born, or goes on after SIGCONT. Else somebody has stopped the process.
        if (signal != SIGTRAP)
            trace(PTRACE_LISTEN, thread);
        else
            resume(thread);
        return;
    default:
        break;
    }
    if (signal == (SIGTRAP | 0x80))
        on_return(thread);
    else
        resume(thread, signal);
}

void Supervisor::on_end(pid_t thread, int status) {
    if (thread == m_main && !m_killed)
        m_exit = WIFEXITED(status) ? WEXITSTATUS(status) : signal_exit + WTERMSIG(status);
    if (const auto found = m_threads.find(thread); found != m_threads.end()) {
        if (found->second.point != 0)
            settle(found->second.point, "?");
        m_threads.erase(found);
    }
    m_fresh.erase(thread);
    std::erase(m_held, thread);
}

void Supervisor::on_birth(pid_t parent, int event) {
    const pid_t child = event_message(parent);
    auto& state = m_threads[child];
    if (state.process == 0)
        state.process = process_of(child);
    // A parent by vfork(2) waits by itself.
    if (event == PTRACE_EVENT_FORK && !state.executed)
        m_fresh[child] = {.parent = m_threads[parent].process, .until = Clock::now() + head_start};
}

void Supervisor::on_exec(pid_t thread) {
    // Where another thread than the first calls execve(2), it goes on under the first one's number.
    const pid_t former = event_message(thread);
    if (former != thread && m_threads.contains(former)) {
        m_threads[thread] = m_threads[former];
        m_threads.erase(former);
    }
    m_threads[thread].process = thread;
    m_threads[thread].executed = true;
    m_fresh.erase(thread);
    m_started = m_started || thread == m_main;
}

void Supervisor::on_knock(pid_t thread) {
    const auto info = call_of(thread);
    const Call* const call = info ? find_call(info->seccomp.nr) : nullptr;
    // The command's own beginning is execve(2), too.
    if (call == nullptr || !m_started) {
        resume(thread);
        return;
    }
    auto& state = m_threads[thread];
    Knock knock{.call = *call, .arguments = {}};
    std::ranges::copy(info->seccomp.args, knock.arguments.begin());
    auto seen = look(Tracee(thread, state.process), knock, {.processes = processes(), .vici = m_vici});
    if ((seen.point || seen.into_pipe) && waits_for_child(state.process)) {
        m_held.push_back(thread);
        return;
    }
    meet(thread, state, std::move(seen));
}

void Supervisor::meet(pid_t thread, Thread& state, Seen seen) {
    state.vici_socket = std::move(seen.vici_socket);
    state.vici_bytes = std::move(seen.vici_bytes);
    state.in_call = !state.vici_socket.empty();
    if (!seen.point) {
        resume(thread);
        return;
    }
    ++m_count;
    const bool here = m_count == m_order.number;
    const bool fails_here = fails(*seen.point);
    if (m_order.deed == Deed::list || m_order.deed == Deed::fail || here) {
        state.point = note(*seen.point);
        state.in_call = true;
    }
    if (here && m_order.deed == Deed::kill_before) {
        settle(std::exchange(state.point, 0), "not run");
        kill_all(thread);
        return;
    }
    if (here && m_order.deed == Deed::stop) {
        settle(std::exchange(state.point, 0), "stopped " + std::to_string(state.process));
        m_stopped = thread;
        return;
    }
    if (fails_here)
        refuse(thread, m_order.error);
    resume(thread);
}

/// Of a disk that is full, what takes no room still succeeds.
bool Supervisor::fails(const Point& point) {
    if (m_order.deed != Deed::fail || m_count < m_order.number)
        return false;
    if (m_count == m_order.number) {
        m_broken_disk = m_order.lasting ? point.disk : std::string();
        return true;
    }
    const bool only_full = m_order.error == ENOSPC || m_order.error == EDQUOT;
    return !m_broken_disk.empty() && point.disk == m_broken_disk && (point.takes_room || !only_full);
}

void Supervisor::on_return(pid_t thread) {
    auto& state = m_threads[thread];
    state.in_call = false;
    const auto info = call_of(thread);
    const auto result = info ? info->exit.rval : 0;
    if (!state.vici_socket.empty() && result > 0) {
        const auto taken = std::min(static_cast<std::size_t>(result), state.vici_bytes.size());
        m_vici[state.vici_socket].take(std::string_view(state.vici_bytes).substr(0, taken));
    }
    state.vici_socket.clear();
    const auto point = std::exchange(state.point, 0);
    if (point != 0)
        settle(point, outcome_of(result, info && info->exit.is_error != 0));
    if (point != 0 && m_order.deed == Deed::kill_after) {
        kill_all(thread);
        return;
    }
    resume(thread);
}

void Supervisor::kill_all(pid_t actor) {
    m_killed = true;
    m_exit = signal_exit + SIGKILL;
    const pid_t its_process = m_threads[actor].process;
    // The actor stands still; nobody else shall see it die and do something about it.
    for (const pid_t process : processes())
        if (process != its_process)
            ::kill(process, SIGKILL);
    ::kill(its_process, SIGKILL);
}

void Supervisor::resume(pid_t thread, int signal) {
    trace(m_threads[thread].in_call ? PTRACE_SYSCALL : PTRACE_CONT, thread, 0,
          static_cast<std::uint64_t>(signal));
}

void Supervisor::release_held() {
    if (m_held.empty() || m_killed)
        return;
    std::erase_if(m_fresh, [now = Clock::now()](const auto& entry) { return entry.second.until <= now; });
    for (const pid_t thread : std::exchange(m_held, {}))
        on_knock(thread);
}

bool Supervisor::waits_for_child(pid_t process) const {
    return std::ranges::any_of(m_fresh, [&](const auto& entry) { return entry.second.parent == process; });
}

std::set<pid_t> Supervisor::processes() const {
    std::set<pid_t> found;
    for (const auto& [thread, state] : m_threads)
        found.insert(state.process);
    return found;
}

std::size_t Supervisor::note(const Point& point) {
    m_lines[m_count].text =
        std::to_string(m_count) + "\t" + point.who + "\t" + point.call + "\t" + point.what;
    return m_count;
}

/// Lines are written in the order in which the calls began, each when its outcome is known.
void Supervisor::settle(std::size_t number, const std::string& outcome) {
    m_lines[number].outcome = outcome;
    write_settled();
}

void Supervisor::write_settled() {
    while (!m_lines.empty() && m_lines.begin()->second.outcome) {
        const auto& line = m_lines.begin()->second;
        if (m_order.report >= 0)
            ::dprintf(m_order.report, "%s\t%s\n", line.text.c_str(), line.outcome->c_str());
        m_lines.erase(m_lines.begin());
    }
}

} // namespace eligate::sweep
