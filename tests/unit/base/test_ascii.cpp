// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.hpp"
#include "support/catch.hpp"

TEST_CASE("ascii: capitals become small, and nothing else changes") {
    CHECK(eligate::base::lowered("VPN1.Example-2.NET") == "vpn1.example-2.net");
    CHECK(eligate::base::lowered("@[`{") == "@[`{");
    CHECK(eligate::base::lowered("医院 É") == "医院 É");
    CHECK(eligate::base::lowered("").empty());
}
