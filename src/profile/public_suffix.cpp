// SPDX-License-Identifier: Apache-2.0
#include "profile/public_suffix.hpp"

#include <libpsl.h>

#include <algorithm>
#include <string>

namespace eligate::profile {

bool is_public_suffix(std::string_view domain) {
    std::string lower(domain);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    // Only what registries have (ICANN), not what companies added for cookies; and without the list's last
    // rule, by which every unknown top-level domain is one.
    return psl_is_public_suffix2(psl_builtin(), lower.c_str(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0;
}

} // namespace eligate::profile
