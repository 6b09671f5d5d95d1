// SPDX-License-Identifier: Apache-2.0
/// The person's terminal.
#pragma once

#include "base/cancel.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace eligate::linux_adapter {

struct Terminal {
    bool in = false;
    bool out = false;
    bool err = false;
    /// 80 where no terminal tells.
    std::size_t columns = 80;
};

Terminal look_at_terminal();

/// One line from standard input, without its end. Waits for the person as long as it takes; nothing at the
/// end of input, after `cancel`, or for more than 4096 bytes.
std::optional<std::string> read_line(const base::Cancel& cancel);

} // namespace eligate::linux_adapter
