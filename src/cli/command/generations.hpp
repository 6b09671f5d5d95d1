// SPDX-License-Identifier: Apache-2.0
/// Generations as they are named on the command line.
#pragma once

#include "apply/generation.hpp"
#include "base/result.hpp"
#include "port/store.hpp"

#include <cstdint>
#include <string_view>

namespace eligate::cli {

struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
};

/// "3" is 3 to 3, "3..5" is 3 to 5. Error usage.
base::Result<Range> range_in(std::string_view word);
/// One number. Error usage.
base::Result<std::uint32_t> number_in(std::string_view word);

/// The one that stands. Error nothing_applied.
base::Result<std::uint32_t> current_generation(port::Store& store);

/// Error generation_missing, with the numbers that there are.
base::Result<apply::Generation> kept_generation(port::Store& store, std::uint32_t number,
                                                std::uint32_t current);

} // namespace eligate::cli
