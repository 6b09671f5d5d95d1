// SPDX-License-Identifier: Apache-2.0
/// A disk in memory for tests that read profiles and site files.
#pragma once

#include "base/message.hpp"
#include "catalog/catalog.hpp"
#include "profile/disk.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::test {

inline std::optional<std::string> content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

struct FakeDisk {
    std::map<std::string, std::string> files;
    std::vector<std::string> reads;

    profile::Disk disk() {
        return {.read = [this](const std::string& path) -> base::Result<base::Secret> {
                    reads.push_back(path);
                    const auto found = files.find(path);
                    if (found == files.end())
                        return base::fail(catalog::code::file_missing,
                                          base::msg("there is no file {path}", {{"path", path}}));
                    return base::Secret(std::string_view(found->second));
                },
                .list = [this](const std::string& folder) -> base::Result<std::vector<std::string>> {
                    std::vector<std::string> names;
                    const auto prefix = folder + "/";
                    for (const auto& [path, content] : files)
                        if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos)
                            names.push_back(path.substr(prefix.size()));
                    if (names.empty())
                        return base::fail(catalog::code::file_missing, base::msg("there is no folder"));
                    return names;
                }};
    }
};

} // namespace eligate::test
