// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "vici/pattern.hpp"

#include <string>

using eligate::vici::matches;

TEST_CASE("pattern: the whole text, with holes") {
    CHECK(matches("received % notify error", "received AUTHENTICATION_FAILED notify error"));
    CHECK(matches("retransmit % of request with message ID 1", "retransmit 3 of request with message ID 1"));
    CHECK_FALSE(
        matches("retransmit % of request with message ID 1", "retransmit 3 of request with message ID 11"));
    CHECK_FALSE(matches("received % notify error", "they received X notify error"));
    CHECK(matches("a%", "a"));
    CHECK(matches("%b", "aab"));
    CHECK(matches("a%b%c", "axxbxbxc"));
    CHECK(matches("", ""));
    CHECK_FALSE(matches("", "a"));
    CHECK_FALSE(matches("a%b", "a"));
}

TEST_CASE("pattern: a hole ends where the rest fits, also when that is not the first place") {
    CHECK(matches("tried % shared key% for '%, but MAC mismatched",
                  "tried 2 shared keys for 'a, but MAC' - 'b', but MAC mismatched"));
}

TEST_CASE("pattern: a peer's long text costs no exponential time") {
    CHECK_FALSE(matches("a%a%a%a%b", std::string(20'000, 'a')));
}
