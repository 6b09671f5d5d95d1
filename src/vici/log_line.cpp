// SPDX-License-Identifier: Apache-2.0
#include "vici/log_line.hpp"

#include "vici/number.hpp"

#include <algorithm>

namespace eligate::vici {

LogLine log_line(const Message& event) {
    LogLine line{.group = event.text("group"),
                 .level = number_or<int>(event, "level", 1),
                 .ike = event.text("ikesa-name"),
                 .ike_id = number_or<std::uint32_t>(event, "ikesa-uniqueid", 0),
                 .text = event.text("msg")};
    std::ranges::replace_if(line.text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return line;
}

} // namespace eligate::vici
