// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.hpp"
#include "support/catch.hpp"

#include <array>
#include <string>

using eligate::base::nearest;

TEST_CASE("suggest: finds a slip of the finger and refuses a stranger") {
    constexpr std::array<std::string_view, 4> keys{"remote_ts", "proposals", "address", "destinations"};
    CHECK(nearest("remtoe_ts", keys) == "remote_ts");
    CHECK(nearest("proposal", keys) == "proposals");
    CHECK(nearest("destination", keys) == "destinations");
    CHECK_FALSE(nearest("colour", keys));
    CHECK_FALSE(nearest("", keys));
}

TEST_CASE("suggest: a long word costs nothing and matches nothing") {
    constexpr std::array<std::string_view, 1> keys{"remote_ts"};
    CHECK_FALSE(nearest(std::string(1'000'000, 'x'), keys));
}
