// SPDX-License-Identifier: Apache-2.0
/// Preloaded into a program (ld.so(8)), it lets the clock of the day jump: from the JUMP_ATth reading on it
/// is JUMP_BY seconds off. Clocks that nobody can set stay as they are.
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>

namespace {

long number(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? 0 : std::strtol(value, nullptr, 10);
}

long offset() {
    static std::atomic<long> readings{0};
    static const long at = number("JUMP_AT");
    static const long by = number("JUMP_BY");
    return ++readings >= at ? by : 0;
}

} // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's are names reserved for it
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const long result = ::syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += offset();
    return static_cast<int>(result);
}

extern "C" time_t time(time_t* into) noexcept {
    timespec now{};
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    if (into != nullptr)
        *into = now.tv_sec;
    return now.tv_sec;
}

extern "C" int gettimeofday(timeval* into, void* /*zone*/) noexcept {
    timespec now{};
    const int result = clock_gettime(CLOCK_REALTIME, &now);
    into->tv_sec = now.tv_sec;
    into->tv_usec = now.tv_nsec / 1000;
    return result;
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
