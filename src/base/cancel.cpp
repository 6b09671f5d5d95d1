// SPDX-License-Identifier: Apache-2.0
#include "base/cancel.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <cstdint>

namespace eligate::base {

Cancel::Cancel()
    : m_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Cancel::request() const noexcept {
    const std::uint64_t one = 1;
    // The counter only has to be non-zero; a full counter (EAGAIN) is non-zero already.
    [[maybe_unused]] const auto written = ::write(m_event.get(), &one, sizeof one);
}

bool Cancel::requested() const noexcept {
    pollfd poll_fd{.fd = m_event.get(), .events = POLLIN, .revents = 0};
    return ::poll(&poll_fd, 1, 0) == 1;
}

} // namespace eligate::base
