// SPDX-License-Identifier: Apache-2.0
/// One line of charon's own log, as its `log` and `control-log` events carry it.
#pragma once

#include "vici/message.hpp"

#include <cstdint>
#include <string>

namespace eligate::vici {

struct LogLine {
    /// "IKE", "CFG", "NET", "LIB", …
    std::string group;
    int level = 1;
    /// Empty if the line belongs to no IKE_SA.
    std::string ike;
    std::uint32_t ike_id = 0;
    /// Printable ASCII: whatever else charon wrote is shown as '?'.
    std::string text;
    bool operator==(const LogLine&) const = default;
};

LogLine log_line(const Message& event);

} // namespace eligate::vici
