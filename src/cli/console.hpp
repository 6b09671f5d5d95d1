// SPDX-License-Identifier: Apache-2.0
/// What stands around the process: its streams, whether a person sits at them, and what the environment
/// wishes.
#pragma once

#include "cli/options.hpp"
#include "cli/style.hpp"

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace eligate::cli {

struct Environment {
    std::string lc_all;
    std::string lc_messages;
    std::string lang;
    std::string term;
    bool no_color = false;
};

struct Console {
    std::ostream& out;
    std::ostream& err;
    bool in_terminal = false;
    bool out_terminal = false;
    bool err_terminal = false;
    /// Of the terminal; what is no terminal is written as if it had 80.
    std::size_t columns = 80;
    Environment environment = {};
    /// One line typed by the person, without its end; nothing at the end of input or when interrupted.
    std::function<std::optional<std::string>()> read_line = {};
};

/// How `options` and the environment want things shown on standard output, or on standard error.
enum class Channel { out, err };
Style style_for(const Console& console, const Options& options, Channel channel);

} // namespace eligate::cli
