// SPDX-License-Identifier: Apache-2.0
#include "profile/load.hpp"
#include "support/catch.hpp"
#include "support/inputs.hpp"
#include "support/source_dir.hpp"

using namespace eligate;
using namespace eligate::profile;

TEST_CASE("shelf: lists what is there by id, and passes over what is no profile's name") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    disk.files["imported/example-psk.toml"] = disk.files["providers/example-psk.toml"];
    disk.files["imported/broken.toml"] = "schema = 1\n";
    disk.files["imported/README"] = "";
    disk.files["imported/x.toml~"] = "";
    disk.files["imported/UPPER.toml"] = "";
    const auto listed = list_profiles(test::shelves(), disk.disk());
    REQUIRE(listed.size() == 4);
    CHECK(listed[0].id == "broken");
    CHECK_FALSE(listed[0].provider);
    CHECK(listed[0].diagnostics.has_errors());
    CHECK(listed[1].id == "example-certificate");
    CHECK(listed[2].id == "example-eap");
    CHECK(listed[3].id == "example-psk");
    CHECK(listed[3].shadows);
    CHECK(listed[3].file == "imported/example-psk.toml");
    CHECK(listed[3].provider);
    CHECK_FALSE(listed[2].shadows);
}

TEST_CASE("shelf: finds a profile with its network") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    const auto found = find_profile("example-eap", test::shelves(), disk.disk());
    REQUIRE(found.provider);
    REQUIRE(found.network);
    CHECK(found.provider->intake.size() == 3);
    CHECK(found.provider->intake[2].kind == IntakeKind::file);
    CHECK(found.provider->fact.as_of == "2026-10");
    CHECK(found.network->services.size() == 2);
    CHECK(found.network->services[0].checks[0].fact.source == "network-innovation.jp/column/techdesign-024");
    CHECK(found.network->domains[3].fact.as_of == "2024");
}

TEST_CASE("shelf: an unknown id gets its nearest neighbour") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    const auto found = find_profile("example-eep", test::shelves(), disk.disk());
    CHECK_FALSE(found.provider);
    const auto list = found.diagnostics.sorted();
    REQUIRE(list.size() == 1);
    CHECK(list[0].code == catalog::code::profile_unknown);
    CHECK(base::english(list[0].hints.at(0)) == "did you mean example-eap?");
    CHECK(disk.reads.size() == 2);
}

TEST_CASE("shelf: an id that is none is unknown, and no file is opened for it") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    const auto found = find_profile("../../etc/passwd", test::shelves(), disk.disk());
    CHECK_FALSE(found.provider);
    CHECK(disk.reads.empty());
}
