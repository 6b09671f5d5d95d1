// SPDX-License-Identifier: Apache-2.0
#include "linux/uptime.hpp"

#include <ctime>
#include <fstream>

namespace eligate::linux_adapter {

port::Uptime uptime() {
    port::Uptime uptime;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> uptime.boot;
    timespec now{};
    static_cast<void>(::clock_gettime(CLOCK_BOOTTIME, &now));
    uptime.since = std::chrono::seconds(now.tv_sec);
    return uptime;
}

} // namespace eligate::linux_adapter
