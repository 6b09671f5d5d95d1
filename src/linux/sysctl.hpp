// SPDX-License-Identifier: Apache-2.0
/// Kernel parameters of this network namespace. Names are dotted ([a-z0-9_.]); anything else is refused.
#pragma once

#include "base/result.hpp"

#include <string>

namespace eligate::linux_adapter {

base::Result<std::string> read_sysctl(const std::string& name);
base::Result<> write_sysctl(const std::string& name, const std::string& value);

} // namespace eligate::linux_adapter
