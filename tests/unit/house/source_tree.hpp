// SPDX-License-Identifier: Apache-2.0
/// The files below src/, for tests that judge the sources.
#pragma once

#include <string>
#include <vector>

namespace eligate::house {

struct SourceFile {
    /// Below src/: "cli/view/json.hpp".
    std::string path;
    std::string text;

    /// "cli"; empty for what stands in src/ itself (main.cpp).
    std::string room() const;
};

/// All .cpp, .hpp and .def files.
std::vector<SourceFile> source_files();

/// The paths of `#include "…"` lines, in order.
std::vector<std::string> includes_of(const std::string& text);

} // namespace eligate::house
