// SPDX-License-Identifier: Apache-2.0
/// charon's VICI socket as a vici::Stream.
#pragma once

#include "vici/stream.hpp"

#include <memory>
#include <string>

namespace eligate::linux_adapter {

/// Connects to the UNIX socket at `path`. A full backlog (charon queues three) is tried again until the
/// deadline. Errors: charon_unreachable, charon_lost, charon_silent, interrupted.
base::Result<std::unique_ptr<vici::Stream>> connect_vici(const std::string& path, const vici::Wait& wait);

} // namespace eligate::linux_adapter
