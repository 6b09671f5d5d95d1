// SPDX-License-Identifier: Apache-2.0
/// Where a fact in a profile or network file comes from, and as of when: nobody can judge an address or a
/// name years later without it.
#pragma once

#include <string>

namespace eligate::profile {

struct Fact {
    /// For people; empty if not given.
    std::string source;
    /// "2024", "2024-10" or "2024-10-05"; empty if not given.
    std::string as_of;
};

} // namespace eligate::profile
