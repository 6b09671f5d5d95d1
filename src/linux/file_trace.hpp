// SPDX-License-Identifier: Apache-2.0
/// When a file was changed last, and whose it is.
#pragma once

#include "port/trace.hpp"

namespace eligate::linux_adapter {

/// The inode's change time, which nobody can set back with touch(1); of a file that is gone, its folder's.
/// Only for files.
std::optional<port::Trace> trace_of(const plan::Resource& committed);

} // namespace eligate::linux_adapter
