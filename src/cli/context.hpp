// SPDX-License-Identifier: Apache-2.0
/// All that a command sees of the world.
#pragma once

#include "base/cancel.hpp"
#include "cli/console.hpp"
#include "cli/engine.hpp"
#include "cli/options.hpp"
#include "cli/style.hpp"

namespace eligate::cli {

struct Context {
    const Options& options;
    const Console& console;
    Style out_style;
    Style err_style;
    Engine& engine;
    const base::Cancel& cancel;
};

} // namespace eligate::cli
