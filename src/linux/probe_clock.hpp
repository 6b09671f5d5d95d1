// SPDX-License-Identifier: Apache-2.0
/// port::WallClock on the kernel's clock.
#pragma once

#include "port/probe.hpp"

namespace eligate::linux_adapter {

class ProbeClock final : public port::WallClock {
  public:
    std::chrono::system_clock::time_point now() override;
    bool synchronised() override;
};

} // namespace eligate::linux_adapter
