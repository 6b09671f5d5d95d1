// SPDX-License-Identifier: Apache-2.0
/// Runs a command under ptrace(2), counts its points and does at one of them what it is told to.
#pragma once

#include "base/unique_fd.hpp"
#include "sweep/point.hpp"

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace eligate::sweep {

enum class Deed : std::uint8_t { list, kill_before, kill_after, fail, stop };

struct Order {
    Deed deed = Deed::list;
    /// The point's number, from 1 on.
    std::size_t number = 0;
    int error = 0;
    /// What concerns the same disk fails from there on, too.
    bool lasting = false;
    /// Where the listing goes; -1: nowhere.
    int report = -1;
};

/// As env(1) has it: for what goes wrong with cut itself.
inline constexpr int own_failure = 125;

class Supervisor {
  public:
    explicit Supervisor(const Order& order)
        : m_order(order) {}

    /// The exit code: the command's, 137 where it was killed.
    int run(char* const* command);

  private:
    struct Thread {
        pid_t process = 0;
        /// Between a call's door and its end, which is waited for.
        bool in_call = false;
        std::size_t point = 0;
        std::string vici_socket;
        std::string vici_bytes;
        /// Has become another program.
        bool executed = false;
    };

    struct Line {
        std::string text;
        std::optional<std::string> outcome;
    };

    using Clock = std::chrono::steady_clock;

    bool start(char* const* command);
    /// True where it has killed what was left.
    bool end_daemons();
    void wait_for_news();
    void forward(const siginfo_t& signal);
    void on_change(pid_t thread, int status);
    void on_stop(pid_t thread, int signal, int event);
    void on_end(pid_t thread, int status);
    void on_birth(pid_t parent, int event);
    void on_exec(pid_t thread);
    void on_knock(pid_t thread);
    void on_return(pid_t thread);

    void meet(pid_t thread, Thread& state, Seen seen);
    bool fails(const Point& point);
    void kill_all(pid_t actor);
    void resume(pid_t thread, int signal = 0);
    void release_held();
    bool waits_for_child(pid_t process) const;
    std::set<pid_t> processes() const;

    std::size_t note(const Point& point);
    void settle(std::size_t number, const std::string& outcome);
    void write_settled();

    Order m_order;
    sigset_t m_signals{};
    pid_t m_main = 0;
    int m_exit = own_failure;
    bool m_started = false;
    bool m_killed = false;
    std::map<pid_t, Thread> m_threads;
    std::map<std::string, ViciFlow> m_vici;
    std::size_t m_count = 0;
    std::string m_broken_disk;
    std::map<std::size_t, Line> m_lines;
    /// Children that have not become a program yet: their parents' process, and how long that one waits.
    struct Fresh {
        pid_t parent;
        Clock::time_point until;
    };
    std::map<pid_t, Fresh> m_fresh;
    std::vector<pid_t> m_held;
    pid_t m_stopped = 0;
};

} // namespace eligate::sweep
