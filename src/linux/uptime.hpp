// SPDX-License-Identifier: Apache-2.0
/// CLOCK_BOOTTIME, and the kernel's name of this boot.
#pragma once

#include "port/deadline.hpp"

namespace eligate::linux_adapter {

port::Uptime uptime();

} // namespace eligate::linux_adapter
