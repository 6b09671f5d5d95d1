// SPDX-License-Identifier: Apache-2.0
#include "base/result.hpp"
#include "support/catch.hpp"

#include <memory>

using namespace eligate::base;

namespace {

constexpr Code broken{"TST001"};

Result<std::unique_ptr<int>> half(int n) {
    if (n % 2 != 0)
        return fail(broken, msg("odd"), {{"n", std::to_string(n)}});
    return std::make_unique<int>(n / 2);
}

Result<int> quarter(int n) {
    ELIGATE_TRY_ASSIGN(const auto h, half(n));
    ELIGATE_TRY_ASSIGN(const auto q, half(*h));
    return *q;
}

Result<> check_quarter(int n) {
    ELIGATE_TRY(quarter(n));
    return {};
}

} // namespace

TEST_CASE("result: the first error goes to the caller with its evidence") {
    CHECK(quarter(8).value() == 2);
    const auto bad = quarter(6);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().code == broken);
    CHECK(bad.error().evidence.at(0).second == "3");
    CHECK(check_quarter(8));
    CHECK_FALSE(check_quarter(5));
}

TEST_CASE("error: context is added from the inside out") {
    auto error = Error{.code = broken, .what = msg("odd")}.in(msg("while halving")).in(msg("while applying"));
    REQUIRE(error.context.size() == 2);
    CHECK(english(error.context.at(1)) == "while applying");
}
