// SPDX-License-Identifier: Apache-2.0
#include "linux/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace eligate::linux_adapter {
namespace {

constexpr std::size_t longest_line = 4096;

/// Whether standard input has something (or its end) to read; false once cancelled.
bool wait_for_input(const base::Cancel& cancel) {
    for (;;) {
        std::array<pollfd, 2> wait{pollfd{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = cancel.fd(), .events = POLLIN, .revents = 0}};
        const int ready = ::poll(wait.data(), wait.size(), -1);
        if (cancel.requested())
            return false;
        if (ready > 0)
            return true;
        if (errno != EINTR)
            return false;
    }
}

} // namespace

Terminal look_at_terminal() {
    Terminal terminal{.in = ::isatty(STDIN_FILENO) == 1,
                      .out = ::isatty(STDOUT_FILENO) == 1,
                      .err = ::isatty(STDERR_FILENO) == 1};
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
        winsize size{};
        if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            terminal.columns = size.ws_col;
            break;
        }
    }
    return terminal;
}

std::optional<std::string> read_line(const base::Cancel& cancel) {
    // A key pressed while the question was not there yet is no answer to it.
    ::tcflush(STDIN_FILENO, TCIFLUSH);
    std::string line;
    while (line.size() < longest_line) {
        char c = 0;
        if (!wait_for_input(cancel))
            return std::nullopt;
        const auto count = ::read(STDIN_FILENO, &c, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return std::nullopt;
        if (c == '\n')
            return line;
        line += c;
    }
    return std::nullopt;
}

} // namespace eligate::linux_adapter
