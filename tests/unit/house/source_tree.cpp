// SPDX-License-Identifier: Apache-2.0
#include "source_tree.hpp"

#include "support/source_dir.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

namespace eligate::house {
namespace fs = std::filesystem;

std::string SourceFile::room() const {
    const auto slash = path.find('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::vector<SourceFile> source_files() {
    const fs::path root = fs::path(ELIGATE_SOURCE_DIR) / "src";
    const std::set<std::string> kinds{".cpp", ".hpp", ".def"};
    std::vector<SourceFile> files;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file() || !kinds.contains(entry.path().extension().string()))
            continue;
        std::ifstream in(entry.path(), std::ios::binary);
        files.push_back({.path = fs::relative(entry.path(), root).generic_string(),
                         .text = {std::istreambuf_iterator<char>(in), {}}});
    }
    return files;
}

std::vector<std::string> includes_of(const std::string& text) {
    static const std::regex line_pattern(R"re(^\s*#\s*include\s*"([^"]+)")re");
    std::vector<std::string> paths;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (std::smatch match; std::regex_search(line, match, line_pattern))
            paths.push_back(match[1]);
    return paths;
}

} // namespace eligate::house
