// SPDX-License-Identifier: Apache-2.0
#include "source_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

using namespace eligate::house;

namespace {

/// The floors of the house, lowest first. A room may include rooms of lower floors only.
const std::vector<std::vector<std::string>> floors{
    {"base"},
    {"catalog"},
    {"net"},
    {"ipsec"},
    {"profile", "plan", "render", "vici", "ike"},
    {"appliance"},
    {"port"},
    {"verify", "survey"},
    {"diagnose"},
    {"apply"},
    {"monitor"},
    {"cli"},
};

/// Implements port/ and is named by the composition alone (main.cpp and its parts, which stand in src/
/// itself). Its adapters speak in the words of the rooms up to and including port/.
const std::string adapters = "linux";

std::map<std::string, std::size_t> floor_of() {
    std::map<std::string, std::size_t> numbers;
    for (std::size_t number = 0; number < floors.size(); ++number)
        for (const auto& room : floors[number])
            numbers[room] = number;
    return numbers;
}

bool may_include(const std::string& room, const std::string& other) {
    static const auto number = floor_of();
    if (room.empty() || room == other)
        return true;
    if (other == adapters || !number.contains(other))
        return false;
    if (room == adapters)
        return number.at(other) <= number.at("port");
    return number.contains(room) && number.at(other) < number.at(room);
}

} // namespace

TEST_CASE("house: every arrow points to a lower floor") {
    for (const auto& file : source_files())
        for (const auto& include : includes_of(file.text)) {
            const SourceFile included{.path = include, .text = {}};
            // What stands in src/ itself belongs to the composition.
            const bool own_header = included.room().empty();
            CAPTURE(file.path, include);
            CHECK((own_header ? file.room().empty() || include == "version.hpp"
                              : may_include(file.room(), included.room())));
        }
}

TEST_CASE("house: every folder below src is a room with a floor") {
    const auto number = floor_of();
    std::set<std::string> rooms;
    for (const auto& file : source_files())
        rooms.insert(file.room());
    CHECK(rooms.size() > 10);
    for (const auto& room : rooms) {
        CAPTURE(room);
        CHECK((room.empty() || room == adapters || number.contains(room)));
    }
}

TEST_CASE("house: the rules themselves refuse what they must") {
    CHECK(may_include("apply", "verify"));
    CHECK(may_include("linux", "vici"));
    CHECK(may_include("", "linux"));
    CHECK_FALSE(may_include("verify", "apply"));
    CHECK_FALSE(may_include("profile", "plan"));
    CHECK_FALSE(may_include("base", "catalog"));
    CHECK_FALSE(may_include("cli", "linux"));
    CHECK_FALSE(may_include("linux", "cli"));
    CHECK_FALSE(may_include("linux", "apply"));
    CHECK_FALSE(may_include("cli", "nowhere"));
    CHECK(includes_of("#include \"a/b.hpp\"\n  # include \"c.hpp\"\n#include <vector>\n") ==
          std::vector<std::string>{"a/b.hpp", "c.hpp"});
}

TEST_CASE("house: files stay small enough to be read") {
    for (const auto& file : source_files()) {
        CAPTURE(file.path);
        CHECK(std::ranges::count(file.text, '\n') < 400);
    }
}

TEST_CASE("house: every source file says its licence first") {
    for (const auto& file : source_files()) {
        CAPTURE(file.path);
        CHECK(file.text.starts_with("// SPDX-License-Identifier: Apache-2.0\n"));
    }
}
