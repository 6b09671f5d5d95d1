// SPDX-License-Identifier: Apache-2.0
#include "linux/strongswan_unit.hpp"

#include "linux/systemd_bus.hpp"

#include <thread>

namespace eligate::linux_adapter {

void let_strongswan_load(std::chrono::milliseconds limit) {
    constexpr const char* unit = "strongswan.service";
    constexpr auto interval = std::chrono::milliseconds(50);
    if (!systemd_runs())
        return;
    const auto deadline = std::chrono::steady_clock::now() + limit;
    SystemdBus bus;
    if (bus.connect())
        return;
    while (bus.state_of(unit) == "activating" && std::chrono::steady_clock::now() < deadline)
        std::this_thread::sleep_for(interval);
}

} // namespace eligate::linux_adapter
