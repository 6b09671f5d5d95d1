// SPDX-License-Identifier: Apache-2.0
#include "cli/console.hpp"

#include "cli/translation.hpp"

#include <algorithm>

namespace eligate::cli {
namespace {

base::Language language_for(const Console& console, const Options& options) {
    if (options.language)
        return *options.language;
    const auto& environment = console.environment;
    // The kernel's own text console has no Japanese glyphs: a technician at the appliance's screen would see
    // boxes only.
    if (environment.term == "linux")
        return base::Language::en;
    return language_of(environment.lc_all, environment.lc_messages, environment.lang);
}

bool colour_for(const Console& console, const Options& options, bool terminal) {
    switch (options.colour) {
    case ColourWish::always:
        return true;
    case ColourWish::never:
        return false;
    case ColourWish::automatic:
        break;
    }
    return terminal && !console.environment.no_color && console.environment.term != "dumb";
}

} // namespace

Style style_for(const Console& console, const Options& options, Channel channel) {
    const bool terminal = channel == Channel::out ? console.out_terminal : console.err_terminal;
    // Wider than a hundred columns nobody follows a line of prose.
    return {.language = language_for(console, options),
            .colour = colour_for(console, options, terminal),
            .columns = terminal ? std::clamp<std::size_t>(console.columns, 40, 100) : 80};
}

} // namespace eligate::cli
