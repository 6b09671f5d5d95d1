// SPDX-License-Identifier: Apache-2.0
// TCP connections under way: connecting, saying something, hearing the answer.
#include "base/unique_fd.hpp"
#include "linux/probe_socket.hpp"
#include "linux/probe_wire.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace eligate::linux_adapter {
namespace {

using port::TcpStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Stream {
  public:
    static base::Result<Stream> open(const port::TcpRequest& request) {
        Stream stream(request);
        const bool ipv6 = request.to.address.family() == net::Family::ipv6;
        stream.m_fd = base::UniqueFd(
            ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!stream.m_fd)
            return cannot_probe("socket", errno);
        const auto address = socket_address(request.to);
        if (::connect(stream.fd(), address.get(), address.size) < 0 && errno != EINPROGRESS)
            stream.end(errno == ECONNREFUSED ? TcpStatus::refused : TcpStatus::unsendable, errno);
        return stream;
    }

    bool done() const { return m_done; }
    bool good() const {
        return m_done &&
               (m_outcome.status == TcpStatus::connected || m_outcome.status == TcpStatus::answered);
    }
    int fd() const { return m_fd.get(); }
    short events() const { return m_said < m_request->payload.size() || !m_connected ? POLLOUT : POLLIN; }
    port::TcpOutcome take() && { return std::move(m_outcome); }

    void progress() {
        if (!m_connected && !finish_connecting())
            return;
        if (m_said < m_request->payload.size())
            say();
        else
            hear();
    }

  private:
    explicit Stream(const port::TcpRequest& request)
        : m_request(&request)
        , m_begin(steady_clock::now()) {}

    void end(TcpStatus status, int error) {
        m_outcome.status = status;
        m_outcome.reason = error == 0 ? std::string() : reason_of(error);
        m_outcome.millis = std::chrono::duration_cast<milliseconds>(steady_clock::now() - m_begin);
        m_done = true;
    }

    bool finish_connecting() {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(m_fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            end(error == ECONNREFUSED ? TcpStatus::refused : TcpStatus::no_answer, error);
            return false;
        }
        m_connected = true;
        m_outcome.status = TcpStatus::silent;
        if (m_request->payload.empty())
            end(TcpStatus::connected, 0);
        return !m_done;
    }

    void say() {
        const auto rest = std::span(m_request->payload).subspan(m_said);
        const auto sent = ::send(m_fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent > 0)
            m_said += static_cast<std::size_t>(sent);
        else if (sent < 0 && errno != EAGAIN && errno != EINTR)
            end(TcpStatus::silent, errno);
    }

    void hear() {
        std::array<std::uint8_t, 4096> buffer{};
        auto& answer = m_outcome.payload;
        const auto room =
            std::min(buffer.size(), m_request->limit - std::min(m_request->limit, answer.size()));
        const auto count = ::recv(m_fd.get(), buffer.data(), room, 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0) {
            end(TcpStatus::silent, count < 0 ? errno : 0);
            return;
        }
        answer.insert(answer.end(), buffer.begin(), buffer.begin() + count);
        if (!m_request->complete || m_request->complete(answer))
            end(TcpStatus::answered, 0);
    }

    const port::TcpRequest* m_request;
    base::UniqueFd m_fd;
    steady_clock::time_point m_begin;
    std::size_t m_said = 0;
    bool m_connected = false;
    bool m_done = false;
    port::TcpOutcome m_outcome;
};

void wait_and_progress(std::vector<Stream>& streams, const port::Until& until,
                       steady_clock::time_point wake) {
    std::vector<pollfd> fds;
    std::vector<Stream*> waiting;
    for (auto& stream : streams)
        if (!stream.done()) {
            fds.push_back({.fd = stream.fd(), .events = stream.events(), .revents = 0});
            waiting.push_back(&stream);
        }
    wait_for(fds, until, wake);
    for (std::size_t i = 0; i < fds.size(); ++i)
        if (fds[i].revents != 0)
            waiting[i]->progress();
}

} // namespace

base::Result<std::vector<port::TcpOutcome>> ProbeWire::tcp(std::span<const port::TcpRequest> requests,
                                                           milliseconds linger, const port::Until& until) {
    std::vector<Stream> streams;
    for (const auto& request : requests) {
        ELIGATE_TRY_ASSIGN(auto stream, Stream::open(request));
        streams.push_back(std::move(stream));
    }
    auto last = until.deadline;
    while (!until.cancelled() && steady_clock::now() < last && !std::ranges::all_of(streams, &Stream::done)) {
        wait_and_progress(streams, until, last);
        if (last == until.deadline && std::ranges::any_of(streams, &Stream::good))
            last = std::min(last, steady_clock::now() + linger);
    }
    std::vector<port::TcpOutcome> outcomes;
    outcomes.reserve(streams.size());
    for (auto& stream : streams)
        outcomes.push_back(std::move(stream).take());
    return outcomes;
}

} // namespace eligate::linux_adapter
