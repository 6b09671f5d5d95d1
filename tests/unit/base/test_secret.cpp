// SPDX-License-Identifier: Apache-2.0
#include "base/base64.hpp"
#include "base/secret.hpp"
#include "support/catch.hpp"

#include <sstream>
#include <utility>

using namespace eligate::base;

namespace {
template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
} // namespace

TEST_CASE("secret: cannot be printed") {
    STATIC_REQUIRE(Printable<std::string>);
    STATIC_REQUIRE_FALSE(Printable<Secret>);
}

TEST_CASE("secret: equality sees content and length") {
    CHECK(Secret("abc") == Secret("abc"));
    CHECK_FALSE(Secret("abc") == Secret("abd"));
    CHECK_FALSE(Secret("abc") == Secret("ab"));
}

TEST_CASE("secret: a moved-from secret is empty") {
    Secret first("abc");
    const Secret second = std::move(first);
    CHECK(first.empty()); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(second.expose() == "abc");
}

TEST_CASE("secret: append keeps what was there") {
    Secret s("abc");
    s.append("def");
    CHECK(s.expose() == "abcdef");
}

TEST_CASE("base64: the examples of RFC 4648 section 10") {
    CHECK(base64("").expose().empty());
    CHECK(base64("f").expose() == "Zg==");
    CHECK(base64("fo").expose() == "Zm8=");
    CHECK(base64("foobar").expose() == "Zm9vYmFy");
}
