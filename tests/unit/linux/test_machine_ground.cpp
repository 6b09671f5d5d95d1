// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "linux/machine_ground.hpp"
#include "support/catch.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

using namespace eligate;
using linux_adapter::MachineGround;
namespace code = catalog::code;
namespace fs = std::filesystem;

namespace {

struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "eligate-ground-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    Folder(Folder&&) = delete;
    Folder& operator=(Folder&&) = delete;
    ~Folder() { fs::remove_all(path); }
    std::string path;
};

constexpr std::size_t endless = std::numeric_limits<std::size_t>::max() / 2;

} // namespace

TEST_CASE("ground: trying for room leaves nothing behind") {
    const Folder folder;
    MachineGround ground("/nonexistent");
    CHECK(ground.has_room(folder.path, 4096));
    CHECK(ground.try_room(folder.path, 4096));
    // A folder that files only go away from.
    CHECK(ground.try_room(folder.path, 0));
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("ground: a folder that is missing, or no folder, or too small") {
    const Folder folder;
    MachineGround ground("/nonexistent");
    CHECK(ground.has_room(folder.path + "/x", 1).error().code == code::folder_missing);
    CHECK(ground.try_room(folder.path + "/x", 1).error().code == code::folder_missing);
    CHECK(ground.try_room("/dev/null", 1).error().code == code::folder_missing);
    CHECK(ground.has_room(folder.path, endless).error().code == code::disk_full);
    CHECK(ground.try_room(folder.path, endless).error().code == code::disk_full);
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("ground: where a file cannot be without a name, none is made: a kill would leave it behind") {
    MachineGround ground("/nonexistent");
    // It takes no file at all, so one that is tried is a failure.
    const std::string folder = "/proc";
    CHECK(ground.try_room(folder, 1).has_value() == (::access(folder.c_str(), W_OK) == 0));
}
