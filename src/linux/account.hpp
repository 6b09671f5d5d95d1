// SPDX-License-Identifier: Apache-2.0
/// The machine's user names.
#pragma once

#include <sys/types.h>

#include <string>

namespace eligate::linux_adapter {

/// The number itself where nobody has it.
std::string name_of(uid_t user);

} // namespace eligate::linux_adapter
