// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_clock.hpp"

#include <sys/timex.h>

namespace eligate::linux_adapter {

std::chrono::system_clock::time_point ProbeClock::now() {
    return std::chrono::system_clock::now();
}

bool ProbeClock::synchronised() {
    // Every NTP client tells the kernel how good the clock is (adjtimex(2)); without one the state is
    // TIME_ERROR.
    timex state{};
    const int answer = ::adjtimex(&state);
    return answer >= 0 && answer != TIME_ERROR && (static_cast<unsigned>(state.status) & STA_UNSYNC) == 0;
}

} // namespace eligate::linux_adapter
