// SPDX-License-Identifier: Apache-2.0
#include "render/template.hpp"
#include "support/catch.hpp"

using namespace eligate::render;

namespace {
Values one(std::string value) {
    return {.names = {{"value", std::move(value)}}};
}
} // namespace

TEST_CASE("template: an unknown name is an error, not a hole") {
    CHECK(from_template("t", "a {{value}} b", Syntax::nft, one("x")).value() == "a x b");
    CHECK_FALSE(from_template("t", "a {{valeu}} b", Syntax::nft, one("x")));
    CHECK_FALSE(from_template("t", "a {{#section}}x{{/section}}", Syntax::nft, one("x")));
    CHECK_FALSE(from_template("t", "a {{> partial}}", Syntax::nft, one("x")));
}

TEST_CASE("template: an unescaped tag and a broken template are errors") {
    CHECK_FALSE(from_template("t", "a {{{value}}}", Syntax::nft, one("x")));
    CHECK_FALSE(from_template("t", "a {{&value}}", Syntax::nft, one("x")));
    CHECK_FALSE(from_template("t", "a {{#value}}", Syntax::nft, one("x")));
}

TEST_CASE("template: nft takes words only") {
    for (const auto* word : {"10.20.0.0/16", "ipsec0", "2001:db8::/32", "wan0.100"})
        CHECK(from_template("t", "{{value}}", Syntax::nft, one(word)).value() == word);
    for (const auto* bad :
         {"", "a b", "a;b", "a\nb", "a\"b", "a}b", "$(x)", "-f", "/etc/passwd", "a#b", "日本"})
        CHECK_FALSE(from_template("t", "{{value}}", Syntax::nft, one(bad)));
}

TEST_CASE("template: lists and flags open sections") {
    const Values values{.names = {{"items", List{{.names = {{"value", std::string("a")}}},
                                                 {.names = {{"value", std::string("b")}}}}},
                                  {"shown", true},
                                  {"hidden", false}}};
    CHECK(from_template("t", "{{#items}}{{value}} {{/items}}{{#shown}}yes{{/shown}}{{#hidden}}no{{/hidden}}",
                        Syntax::nft, values)
              .value() == "a b yes");
}

TEST_CASE("quoted: swanctl.conf can hold the value and nothing but the value") {
    CHECK(quoted("plain").value() == "\"plain\"");
    CHECK(quoted("a\"b\\c").value() == "\"a\\\"b\\\\c\"");
    CHECK(quoted("}\tx").has_value() == false);
    for (const auto& bad :
         {std::string("a\nb"), std::string("a\rb"), std::string("a\0b", 3), std::string("\x7f")})
        CHECK_FALSE(quoted(bad));
    CHECK(quoted("} include /etc/passwd #").value() == "\"} include /etc/passwd #\"");
}
