// SPDX-License-Identifier: Apache-2.0
#include "linux/nft.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"
#include "linux/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <future>
#include <string_view>

namespace eligate::linux_adapter {
namespace {

using base::msg;
using base::Result;
using base::UniqueFd;
using Clock = std::chrono::steady_clock;

// On an appliance that is just booting, with everything still to be read from a slow disk, more than 5
// seconds were seen; the bound is for an nft that hangs.
constexpr auto patience = std::chrono::seconds(20);
/// Far more than any table of ours; a bound on what a broken nft may make us read.
constexpr std::size_t longest_output = std::size_t{4} * 1024 * 1024;

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

struct Output {
    int status = 0;
    std::string out;
    std::string err;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return base::Unexpected(system_error("pipe", "nft"));
    return Pipe{.read = UniqueFd(ends[0]), .write = UniqueFd(ends[1])};
}

/// Between fork and exec of a process with threads: async-signal-safe calls only.
[[noreturn]] void become_nft(int in, int out, int err) {
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::array<const char*, 5> arguments{"nft", "-s", "-f", "-", nullptr};
    std::array<const char*, 2> environment{"LC_ALL=C", nullptr};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execve(2) takes char* and changes nothing
    ::execve(nft_program, const_cast<char* const*>(arguments.data()),
             // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
             const_cast<char* const*>(environment.data()));
    ::_exit(127);
}

bool read_some(const UniqueFd& fd, std::string& into) {
    std::array<char, 16384> buffer{};
    const auto got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0)
        into.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Feeds and reads side by side, since either pipe may fill up. False at the deadline or beyond the bound.
bool converse(Pipe& in, Pipe& out, Pipe& err, std::string_view script, Output& output) {
    const auto deadline = Clock::now() + patience;
    bool out_open = true;
    bool err_open = true;
    while (out_open || err_open) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        std::array<pollfd, 3> fds{
            pollfd{.fd = in.write.get(), .events = POLLOUT, .revents = 0},
            pollfd{.fd = out_open ? out.read.get() : -1, .events = POLLIN, .revents = 0},
            pollfd{.fd = err_open ? err.read.get() : -1, .events = POLLIN, .revents = 0}};
        if (left <= 0 || output.out.size() + output.err.size() > longest_output)
            return false;
        if (::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR)
            return false;
        if (fds[0].revents != 0) {
            const auto put = ::write(in.write.get(), script.data(), script.size());
            if (put > 0)
                script.remove_prefix(static_cast<std::size_t>(put));
            if (script.empty() || (put < 0 && errno != EINTR && errno != EAGAIN))
                in.write.reset();
        }
        if (fds[1].revents != 0)
            out_open = read_some(out.read, output.out);
        if (fds[2].revents != 0)
            err_open = read_some(err.read, output.err);
    }
    return true;
}

Result<Output> run(const std::string& script) {
    ELIGATE_TRY_ASSIGN(auto in, make_pipe());
    ELIGATE_TRY_ASSIGN(auto out, make_pipe());
    ELIGATE_TRY_ASSIGN(auto err, make_pipe());
    ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
    const auto child = ::fork();
    if (child < 0)
        return base::Unexpected(system_error("fork", "nft"));
    if (child == 0)
        become_nft(in.read.get(), out.write.get(), err.write.get());
    in.read.reset();
    out.write.reset();
    err.write.reset();
    Output output;
    const bool ended = converse(in, out, err, script, output);
    if (!ended)
        ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return output;
}

base::Unexpected failed(const Output& output) {
    const auto words = output.err.empty() ? std::string("no answer") : output.err.substr(0, 400);
    return base::fail(
        catalog::code::program_failed, msg(N_("nft refused the firewall table")),
        {{"program", nft_program}, {"status", std::to_string(output.status)}, {"words", words}});
}

Result<std::string> succeed(const std::string& script) {
    ELIGATE_TRY_ASSIGN(auto output, run(script));
    if (output.status != 0)
        return failed(output);
    return std::move(output.out);
}

std::string list_command(const std::string& table) {
    return "list table " + table + "\n";
}

/// add before delete: deleting what is not there would fail the whole transaction.
std::string delete_command(const std::string& table) {
    return "add table " + table + "\ndelete table " + table + "\n";
}

} // namespace

Result<std::string> canonical_table(const std::string& table, const std::string& text) {
    // unshare(2) moves only the calling thread; what it forks follows it, and the namespace ends with it. nft
    // 1.0.6 lists its own cache within one script, so load and list are two runs.
    return std::async(std::launch::async,
                      [&]() -> Result<std::string> {
                          if (::unshare(CLONE_NEWNET) != 0)
                              return base::Unexpected(system_error("unshare", "CLONE_NEWNET"));
                          ELIGATE_TRY(succeed(text + "\n"));
                          return succeed(list_command(table));
                      })
        .get();
}

Result<std::optional<std::string>> listed_table(const std::string& table) {
    ELIGATE_TRY_ASSIGN(auto output, run(list_command(table)));
    if (output.status == 0)
        return std::optional(std::move(output.out));
    // nft has no status of its own for "no such table"; LC_ALL=C keeps its words still.
    if (output.err.find("No such file or directory") != std::string::npos)
        return std::nullopt;
    return failed(output);
}

Result<> load_table(const std::string& table, const std::string& text) {
    ELIGATE_TRY(succeed(delete_command(table) + text + "\n"));
    return {};
}

Result<> delete_table(const std::string& table) {
    ELIGATE_TRY(succeed(delete_command(table)));
    return {};
}

} // namespace eligate::linux_adapter
