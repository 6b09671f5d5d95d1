// SPDX-License-Identifier: Apache-2.0
/// Runs a command and ends or disturbs it at one exact system call that changes the machine: a point.
///
/// A line of a listing has five columns with tabs between them: number, program, call, what is changed, and
/// how the call ended (a number, an error's name, "not run", "stopped PID", "?"). What changes nothing has no
/// number: reading, output, packets, everything in a network namespace that the command has made to try
/// something. So the same command on the same machine has the same numbers.
#include "sweep/supervisor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace {

using namespace eligate::sweep;

constexpr std::string_view usage = R"(usage: cut list [--to FILE] -- COMMAND...
       cut kill N before|after [--to FILE] -- COMMAND...
       cut fail N ERRNO [--from] [--to FILE] -- COMMAND...
       cut stop N before [--to FILE] -- COMMAND...

  list   runs COMMAND to its end and writes one line for each point (to standard error)
  kill   SIGKILL for COMMAND and all that it has started, right before or right after point N; exit code 137
  fail   point N is not run and fails with ERRNO (ENOSPC, EROFS ...); --from: so does every later one
         on the same disk (ENOSPC, EDQUOT: if it takes room)
  stop   point N waits until cut gets SIGCONT

  --to   a file, or the number of an open descriptor. list and fail write all points there, kill and stop the one
         that they met.

Else the exit code is COMMAND's; 125 for a failure of cut itself. SIGTERM, SIGINT and SIGHUP are handed on to
COMMAND. cut ends when everything has ended that COMMAND has started; what has gone into a session of its own is
killed then.
)";

std::optional<std::size_t> number_of(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

int error_of(std::string_view name) {
    constexpr int last = 133;
    for (int error = 1; error <= last; ++error)
        if (const char* const known = ::strerrorname_np(error); known != nullptr && name == known)
            return error;
    return 0;
}

bool open_report(const std::string& place, int& report) {
    if (const auto descriptor = number_of(place)) {
        report = static_cast<int>(*descriptor);
        // COMMAND is not to have it.
        return ::fcntl(report, F_SETFD, FD_CLOEXEC) == 0;
    }
    report = ::open(place.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (report < 0)
        std::perror(place.c_str());
    return report >= 0;
}

/// The words between the point's number and the options.
bool take_manner(std::string_view deed, std::string_view manner, Order& order) {
    if (deed == "kill" && (manner == "before" || manner == "after"))
        order.deed = manner == "before" ? Deed::kill_before : Deed::kill_after;
    else if (deed == "stop" && manner == "before")
        order.deed = Deed::stop;
    else if (deed == "fail")
        order.deed = Deed::fail;
    else
        return false;
    order.error = order.deed == Deed::fail ? error_of(manner) : 0;
    return order.deed != Deed::fail || order.error != 0;
}

/// Empty: not as `usage` says.
std::optional<Order> order_of(std::span<char* const> words) {
    Order order;
    if (words.empty())
        return std::nullopt;
    const std::string_view deed = words.front();
    std::size_t next = 1;
    if (deed == "list") {
        order.report = STDERR_FILENO;
    } else {
        const auto number = words.size() < 3 ? std::nullopt : number_of(words[1]);
        if (number.value_or(0) == 0 || !take_manner(deed, words[2], order))
            return std::nullopt;
        order.number = *number;
        next = 3;
    }
    for (; next < words.size(); ++next) {
        const std::string_view word = words[next];
        if (word == "--from" && order.deed == Deed::fail)
            order.lasting = true;
        else if (word == "--to" && next + 1 < words.size() && open_report(words[next + 1], order.report))
            ++next;
        else
            return std::nullopt;
    }
    return order;
}

} // namespace

int main(int argc, char** argv) {
    const std::span<char* const> words(argv + 1, static_cast<std::size_t>(std::max(argc - 1, 0)));
    const auto end = std::ranges::find(words, std::string_view("--"),
                                       [](const char* word) { return std::string_view(word); });
    const auto before = static_cast<std::size_t>(end - words.begin());
    const auto order = before + 1 < words.size() ? order_of(words.first(before)) : std::nullopt;
    if (!order) {
        std::cerr << usage;
        return own_failure;
    }
    return Supervisor(*order).run(words.data() + before + 1);
}
