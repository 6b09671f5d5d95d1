// SPDX-License-Identifier: Apache-2.0
#include "vici/pattern.hpp"

#include <cstddef>

namespace eligate::vici {

bool matches(std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    std::size_t want = 0;
    // Where to go on when the text after the last '%' turns out not to fit: one character further.
    std::size_t hole = std::string_view::npos;
    std::size_t retry = 0;
    while (at < text.size()) {
        if (want < pattern.size() && pattern[want] == '%') {
            hole = want++;
            retry = at;
        } else if (want < pattern.size() && pattern[want] == text[at]) {
            ++want;
            ++at;
        } else if (hole != std::string_view::npos) {
            want = hole + 1;
            at = ++retry;
        } else {
            return false;
        }
    }
    while (want < pattern.size() && pattern[want] == '%')
        ++want;
    return want == pattern.size();
}

} // namespace eligate::vici
