// SPDX-License-Identifier: Apache-2.0
/// One folder per case below input/: what it holds of profile.toml, network.toml, site.toml and secrets.toml
/// takes the place of the good ones (base/, and the shipped profiles); files named in `without` are absent.
/// Other files are the provider's papers in /etc/eligate, beside those of papers/. expected.txt is what
/// load() says.
///
/// golden_input [CASE...] runs all cases, or these. UPDATE_GOLDEN=1 rewrites expected.txt.
#include "profile/load.hpp"
#include "support/fake_disk.hpp"
#include "support/plain_text.hpp"
#include "support/source_dir.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <set>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using namespace eligate;

const fs::path source = ELIGATE_SOURCE_DIR;
const fs::path golden = source / "tests/golden";
constexpr int skipped = 77;
// Lies inside the validity of the certificates in papers/.
constexpr auto now = std::chrono::sys_days{std::chrono::year{2027} / 1 / 1};

void add_folder(test::FakeDisk& disk, const fs::path& from, const std::string& to) {
    for (const auto& file : fs::directory_iterator(from))
        if (file.is_regular_file())
            disk.files[to + "/" + file.path().filename().string()] = *test::content_of(file.path());
}

/// The case's own file in the place of the good ones.
void replace(test::FakeDisk& disk, const fs::path& own, const std::string& folder) {
    const auto content = test::content_of(own);
    if (!content)
        return;
    for (auto& [path, text] : disk.files)
        if (path.starts_with(folder))
            text = *content;
}

test::FakeDisk disk_of(const fs::path& folder) {
    test::FakeDisk disk;
    add_folder(disk, source / "profiles/providers", "providers");
    add_folder(disk, source / "profiles/networks", "networks");
    add_folder(disk, golden / "papers", "/etc/eligate");
    add_folder(disk, folder, "/etc/eligate");
    replace(disk, folder / "profile.toml", "providers/");
    replace(disk, folder / "network.toml", "networks/");
    for (const auto* name : {"site.toml", "secrets.toml"}) {
        const auto own = test::content_of(folder / name);
        disk.files[name] = own ? *own : *test::content_of(golden / "base" / name);
    }
    std::istringstream without(test::content_of(folder / "without").value_or(""));
    for (std::string name; without >> name;)
        disk.files.erase(name);
    return disk;
}

std::string outcome_of(const fs::path& folder) {
    auto disk = disk_of(folder);
    const auto loaded = profile::load({.site = "site.toml",
                                       .secrets = "secrets.toml",
                                       .shelves = {.providers = {"providers"}, .networks = {"networks"}}},
                                      disk.disk(), now);
    return test::plain_text(loaded.diagnostics) + (loaded.settled ? "settled\n" : "not settled\n");
}

/// Says what differs; true if nothing does.
bool judge(const fs::path& folder, bool update) {
    const auto outcome = outcome_of(folder);
    const auto expected = test::content_of(folder / "expected.txt");
    if (update)
        std::ofstream(folder / "expected.txt", std::ios::binary) << outcome;
    if (outcome == expected || update)
        return true;
    std::cout << "== " << folder.filename().string() << "\n-- expected\n"
              << expected.value_or("(no expected.txt)\n") << "-- found\n"
              << outcome;
    return false;
}

} // namespace

int main(int argc, char** argv) {
    const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
    const std::set<std::string> wanted(argv + 1, argv + argc);
    std::vector<fs::path> cases;
    for (const auto& entry : fs::directory_iterator(golden / "input"))
        if (entry.is_directory() && (wanted.empty() || wanted.contains(entry.path().filename().string())))
            cases.push_back(entry.path());
    std::ranges::sort(cases);
    std::size_t wrong = 0;
    for (const auto& folder : cases)
        if (!judge(folder, update))
            ++wrong;
    std::cout << cases.size() << " cases, " << wrong << " wrong\n";
    if (cases.empty() || wrong > 0)
        return EXIT_FAILURE;
    return update ? skipped : EXIT_SUCCESS;
}
