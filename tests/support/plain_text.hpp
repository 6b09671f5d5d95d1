// SPDX-License-Identifier: Apache-2.0
/// Diagnostics as plain English text that stays the same from run to run: what golden files hold. What a
/// person sees is cli's business.
#pragma once

#include "base/diagnostic.hpp"

#include <fmt/format.h>

#include <string>

namespace eligate::test {

inline std::string plain_text(const base::Diagnostics& diagnostics) {
    std::string out;
    for (const auto& diagnostic : diagnostics.sorted()) {
        const auto* const severity = diagnostic.severity == base::Severity::error ? "error" : "warning";
        if (diagnostic.where)
            out += fmt::format("{}:{}:{}: ", diagnostic.where->file, diagnostic.where->line,
                               diagnostic.where->column);
        out += fmt::format("{}[{}]: {}\n", severity, diagnostic.code.id, base::english(diagnostic.what));
        if (diagnostic.where) {
            if (const auto line = diagnostics.line_of(*diagnostic.where); line && !line->empty())
                out += fmt::format("    {}\n    {:>{}}\n", *line, std::string(diagnostic.where->length, '^'),
                                   diagnostic.where->column - 1 + diagnostic.where->length);
        }
        for (const auto& hint : diagnostic.hints)
            out += fmt::format("    hint: {}\n", base::english(hint));
    }
    return out;
}

} // namespace eligate::test
