// SPDX-License-Identifier: Apache-2.0
// First line: a pattern. The rest: a value. Any pattern that is understood matches its own example, and what
// is guessed from a value matches too.
#include "profile/lookalike.hpp"
#include "profile/pattern.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace eligate::profile;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto value = bytes.substr(std::min(end + 1, bytes.size())).substr(0, 256);
    const auto parsed = Pattern::parse(bytes.substr(0, end));
    const auto shown = plain(value);
    if (plain(shown) != shown)
        std::abort();
    if (!parsed.pattern) {
        if (parsed.fault.offset > end)
            std::abort();
        return 0;
    }
    if (!parsed.pattern->matches(parsed.pattern->example()))
        std::abort();
    const auto meant = likely(value, *parsed.pattern);
    if (meant && !parsed.pattern->matches(*meant))
        std::abort();
    return 0;
}
