// SPDX-License-Identifier: Apache-2.0
/// Whose turn it is to change the machine.
#pragma once

#include "apply/transaction.hpp"

#include <memory>
#include <string_view>

namespace eligate::apply {

/// Waits for another command as long as the engine's patience says; for a restore, which is the timer's and
/// soon over, in any case, as long as its slowest step (two gateways that do not answer) may take. Error
/// locked.
base::Result<std::unique_ptr<port::Lock>> take_lock(const Engine& engine, std::string_view purpose);

} // namespace eligate::apply
