// SPDX-License-Identifier: Apache-2.0
/// A set of good inputs: the shipped profiles, and the site of the golden cases.
#pragma once

#include "profile/load.hpp"
#include "support/fake_disk.hpp"

#include <filesystem>
#include <string>

namespace eligate::test {

inline void put_folder(FakeDisk& disk, const std::string& from, const std::string& to) {
    for (const auto& entry : std::filesystem::directory_iterator(from))
        if (entry.is_regular_file())
            disk.files[to + "/" + entry.path().filename().string()] = *content_of(entry.path().string());
}

/// `source` is the project's folder.
inline FakeDisk good_disk(const std::string& source) {
    FakeDisk disk;
    put_folder(disk, source + "/profiles/providers", "providers");
    put_folder(disk, source + "/profiles/networks", "networks");
    put_folder(disk, source + "/tests/golden/papers", "/etc/eligate");
    disk.files["site.toml"] = *content_of(source + "/tests/golden/base/site.toml");
    disk.files["secrets.toml"] = *content_of(source + "/tests/golden/base/secrets.toml");
    return disk;
}

inline profile::Shelves shelves() {
    return {.providers = {"imported", "providers"}, .networks = {"networks"}};
}

// Lies inside the validity of the certificates in tests/golden/papers.
inline constexpr profile::Time a_good_day = std::chrono::sys_days{std::chrono::year{2027} / 1 / 1};

inline profile::Loaded load(FakeDisk& disk) {
    return profile::load({.site = "site.toml", .secrets = "secrets.toml", .shelves = shelves()}, disk.disk(),
                         a_good_day);
}

/// Replaces the first `from`; a test that names what is not there is wrong.
inline void edit(std::string& text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    if (at == std::string::npos)
        throw std::runtime_error("nothing to edit: " + std::string(from));
    text.replace(at, from.size(), to);
}

} // namespace eligate::test
