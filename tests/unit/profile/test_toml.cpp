// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "profile/toml.hpp"
#include "support/catch.hpp"

#include <string>

using namespace eligate;
using namespace eligate::profile;
namespace code = catalog::code;

namespace {

Document parse(std::string_view text, base::Diagnostics& diagnostics, bool sensitive = false) {
    return Document::parse("f.toml", base::Secret(text), sensitive, diagnostics);
}

/// The only diagnostic of a text that is refused.
base::Diagnostic refused(std::string_view text) {
    base::Diagnostics diagnostics;
    const auto document = parse(text, diagnostics);
    CHECK(document.root() == nullptr);
    const auto found = diagnostics.sorted();
    REQUIRE(found.size() == 1);
    return found.front();
}

} // namespace

TEST_CASE("toml: every key and value has its place, counted in characters") {
    base::Diagnostics diagnostics;
    const auto document = parse("名 = 1\n'山田' = \"医院\"\n", diagnostics);
    REQUIRE(document.root() == nullptr);
    base::Diagnostics none;
    const auto good = parse("a = 1\n\"山田\" = \"医院\" # 注\n[t]\nk = [true, 1.5, 2024-10-05]\n", none);
    REQUIRE(good.root() != nullptr);
    CHECK_FALSE(none.has_errors());
    const auto& entries = good.root()->entries;
    REQUIRE(entries.size() == 3);
    CHECK(entries[1].key == "山田");
    CHECK(entries[1].key_where == base::SourceSpan{"f.toml", 2, 1, 4});
    CHECK(entries[1].node.where == base::SourceSpan{"f.toml", 2, 8, 4});
    CHECK(part_of(entries[1].node, 3, 3) == base::SourceSpan{"f.toml", 2, 10, 1});
    const auto* const list = entries[2].node.find("k");
    REQUIRE(list != nullptr);
    REQUIRE(list->node.items.size() == 3);
    CHECK(list->node.items[0].type == Node::Type::boolean);
    CHECK(list->node.items[1].type == Node::Type::real);
    CHECK(list->node.items[2].type == Node::Type::date);
    CHECK(list->node.items[2].where == base::SourceSpan{"f.toml", 4, 17, 10});
}

TEST_CASE("toml: a part of a string with escapes is the whole string") {
    base::Diagnostics diagnostics;
    const auto document = parse("a = \"x\\u0041y\"\n", diagnostics);
    REQUIRE(document.root() != nullptr);
    const auto& node = document.root()->entries[0].node;
    CHECK(node.text == "xAy");
    CHECK(part_of(node, 1, 1) == node.where);
}

TEST_CASE("toml: entries keep the order of the file") {
    base::Diagnostics diagnostics;
    const auto document = parse("z = 1\na = 2\nm.x = 3\n[k]\n[b]\n", diagnostics);
    REQUIRE(document.root() != nullptr);
    std::string order;
    for (const auto& entry : document.root()->entries)
        order += entry.key;
    CHECK(order == "zamkb");
}

TEST_CASE("toml: ten megabytes are refused before anything looks at them") {
    const auto fault = refused(std::string(std::size_t{10} * 1024 * 1024, 'a'));
    CHECK(fault.code == code::file_too_large);
}

TEST_CASE("toml: nesting ten thousand deep is refused, whatever nests") {
    const auto [before, after] = GENERATE(table<std::string, std::string>({
        {"[", "]"},
        {"{a=", "}"},
        {"{a=[", "]}"},
    }));
    std::string text = "x = ";
    for (int i = 0; i < 10'000; ++i)
        text += before + "\n";
    for (int i = 0; i < 10'000; ++i)
        text += after;
    const auto fault = refused(text);
    CHECK(fault.code == code::too_complex);
}

TEST_CASE("toml: dotted keys and headers nest too") {
    std::string deep = "a";
    for (int i = 0; i < 1'000; ++i)
        deep += ".a";
    CHECK(refused(deep + " = 1\n").code == code::too_complex);
    CHECK(refused("[" + deep + "]\n").code == code::too_complex);
    CHECK(refused("[[" + deep + "]]\n").code == code::too_complex);
    CHECK(refused("x = {" + deep + " = 1}\n").code == code::too_complex);
    CHECK(refused("a . b . c . d . e . f . g . h . i = 1").code == code::too_complex);
}

TEST_CASE("toml: brackets and dots in strings and comments do not nest") {
    base::Diagnostics diagnostics;
    const auto document =
        parse("a = \"[[[[[[[[[[ \\\" {{{{{{{{{{\"\nb = '[[[[[[[[[['\n"
              "c = \"\"\"\n[[[[[[[[[[ \"\" \n\"\"\"\nd = '''\n{{{{{{{{{{\n'''\n# [[[[[[[[[[\n"
              "e = \"1.2.3.4.5.6.7.8.9.10\"\n",
              diagnostics);
    CHECK(document.root() != nullptr);
    CHECK_FALSE(diagnostics.has_errors());
}

TEST_CASE("toml: a line too long is refused with its number") {
    const auto fault = refused("a = 1\nb = \"" + std::string(5'000, 'x') + "\"\n");
    CHECK(fault.code == code::too_complex);
    CHECK(fault.where->line == 2);
}

TEST_CASE("toml: only so many faults of a binary file are listed") {
    base::Diagnostics diagnostics;
    std::string binary;
    for (int i = 0; i < 10'000; ++i)
        binary += "\xff\n";
    parse(binary, diagnostics);
    CHECK(diagnostics.sorted().size() == 8);
}

TEST_CASE("toml: what is not UTF-8, or hides, has its place named") {
    const auto [bytes, column] = GENERATE(table<std::string, std::size_t>({
        {"a = \"\xff\"", 6},
        {"山 = \"\x93\xfa\"", 6},
        {std::string("a = \"\0\"", 7), 6},
        {"a = \"\x1b[0m\"", 6},
        {"a = \"\xc0\x80\"", 6},
        {"a = \"\xed\xa0\x80\"", 6},
        {"a = \"\xf4\x90\x80\x80\"", 6},
        {"a = \"\xe3\x81\"", 6},
        // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is refused
        {"a = \"\xe2\x80\xae\"", 6},
        {"a = \"\u200b\"", 6},
        {"a = \"\u0085\"", 6},
        {"# \u2028", 3},
    }));
    const auto fault = refused(bytes);
    CHECK(fault.code == code::not_text);
    CHECK(fault.where == base::SourceSpan{"f.toml", 1, column, 1});
}

TEST_CASE("toml: what may be shown of a file cannot act on a terminal") {
    base::Diagnostics diagnostics;
    const auto document = parse("a = \"\x1b[2J\xe2\x80\xae\xff\"\r\nb = 1\r\n", diagnostics);
    CHECK(document.source().text == "a = \"\ufffd[2J\ufffd\ufffd\"\nb = 1\n");
}

TEST_CASE("toml: a hidden value is gone from what may be shown, columns stay") {
    base::Diagnostics diagnostics;
    auto document = parse("a = \"山田\" # x\nb = \"\"\"\none\ntwo\"\"\"\nc = 1\n", diagnostics);
    REQUIRE(document.root() != nullptr);
    document.hide(document.root()->find("a")->node.where);
    document.hide(document.root()->find("b")->node.where);
    CHECK(document.source().text == "a = **** # x\nb = ***\n***\n***\"\"\"\nc = 1\n");
    document.hide({.file = "f.toml", .line = 99, .column = 1, .length = 5});
}

TEST_CASE("toml: a sensitive file shows nothing at all") {
    base::Diagnostics diagnostics;
    const auto document = parse("psk = \"CANARY\"\n", diagnostics, true);
    REQUIRE(document.root() != nullptr);
    CHECK(document.source().sensitive);
    CHECK(document.source().text.empty());
}

TEST_CASE("toml: Windows' byte order mark is passed over") {
    base::Diagnostics diagnostics;
    const auto document = parse("\ufeffschema = 1\n", diagnostics);
    REQUIRE(document.root() != nullptr);
    CHECK(document.root()->entries[0].key == "schema");
    CHECK(document.root()->entries[0].key_where.column == 1);
}
