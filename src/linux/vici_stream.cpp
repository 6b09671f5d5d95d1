// SPDX-License-Identifier: Apache-2.0
#include "linux/vici_stream.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace eligate::linux_adapter {
namespace {

namespace code = catalog::code;
using std::chrono::milliseconds;

// How often a full backlog is tried again: connect(2) on AF_UNIX has no readiness to poll for.
constexpr milliseconds retry_interval{10};
// poll(2) counts in an int; the deadline is looked at again after each turn.
constexpr milliseconds one_turn{60'000};

base::Unexpected unreachable(const std::string& path, int error) {
    return base::fail(code::charon_unreachable,
                      base::msg(N_("strongSwan cannot be reached at {path}."), {{"path", path}}),
                      {{"socket", path}, {"error", std::generic_category().message(error)}});
}

/// Milliseconds for poll(2), rounded up so that it never spins.
int until(vici::Deadline deadline, milliseconds at_most) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp(left, milliseconds{0}, at_most).count());
}

/// Waits for `events` on `fd` (-1: only lets time pass, at most `at_most`).
base::Result<> await(int fd, short events, const vici::Wait& wait, milliseconds at_most) {
    for (;;) {
        std::array<pollfd, 2> fds{{{.fd = wait.cancel.fd(), .events = POLLIN, .revents = 0},
                                   {.fd = fd, .events = events, .revents = 0}}};
        const int ready = ::poll(fds.data(), fds.size(), until(wait.deadline, at_most));
        if (ready < 0 && errno != EINTR)
            return base::fail(code::system_call, base::msg(N_("Waiting for strongSwan failed.")),
                              {{"call", "poll"}, {"error", std::generic_category().message(errno)}});
        if (ready > 0 && (fds[0].revents & POLLIN) != 0)
            return base::fail(code::interrupted, base::msg(N_("Interrupted.")));
        if (ready > 0)
            return {};
        if (std::chrono::steady_clock::now() >= wait.deadline)
            return base::fail(code::charon_silent, base::msg(N_("strongSwan did not answer in time.")));
        if (fd < 0 && ready == 0)
            return {};
    }
}

class UnixStream final : public vici::Stream {
  public:
    explicit UnixStream(base::UniqueFd fd)
        : m_fd(std::move(fd)) {}

    base::Result<> send_all(std::string_view bytes, const vici::Wait& wait) override {
        while (!bytes.empty()) {
            // MSG_NOSIGNAL: charon going away is an error here, not a SIGPIPE.
            const auto sent = ::send(m_fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0)
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            else if (errno == EAGAIN)
                ELIGATE_TRY(await(m_fd.get(), POLLOUT, wait, one_turn));
            else if (errno != EINTR)
                return lost();
        }
        return {};
    }

    base::Result<std::size_t> receive(std::span<char> buffer, const vici::Wait& wait) override {
        for (;;) {
            ELIGATE_TRY(await(m_fd.get(), POLLIN, wait, one_turn));
            const auto count = ::recv(m_fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count >= 0)
                return static_cast<std::size_t>(count);
            if (errno != EAGAIN && errno != EINTR)
                return lost();
        }
    }

  private:
    static base::Unexpected lost() {
        return base::fail(code::charon_lost, base::msg(N_("The connection to strongSwan was lost.")),
                          {{"error", std::generic_category().message(errno)}});
    }

    base::UniqueFd m_fd;
};

} // namespace

base::Result<std::unique_ptr<vici::Stream>> connect_vici(const std::string& path, const vici::Wait& wait) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return unreachable(path, ENAMETOOLONG);
    std::memcpy(address.sun_path, path.data(), path.size());

    base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd)
        return unreachable(path, errno);
    for (;;) {
        if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
            return std::unique_ptr<vici::Stream>(std::make_unique<UnixStream>(std::move(fd)));
        // EAGAIN: the backlog is full (unix(7)); the socket can be tried again as it is.
        if (errno != EAGAIN && errno != EINTR)
            return unreachable(path, errno);
        ELIGATE_TRY(await(-1, 0, wait, retry_interval));
    }
}

} // namespace eligate::linux_adapter
