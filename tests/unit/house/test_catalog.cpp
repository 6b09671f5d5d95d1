// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "source_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

using namespace eligate;
using namespace eligate::house;

namespace {

/// Name and id of every code, as the .def files have them.
std::map<std::string, std::string> defined_codes() {
    static const std::regex row(R"re(^CODE\((\w+), "(\w+)")re", std::regex::multiline);
    std::map<std::string, std::string> codes;
    for (const auto& file : source_files())
        if (file.path.ends_with(".def"))
            for (std::sregex_iterator it(file.text.begin(), file.text.end(), row), end; it != end; ++it)
                codes[(*it)[1]] = (*it)[2];
    return codes;
}

/// Every identifier that follows "code::" somewhere outside the catalogue, and every one in the few files
/// that open that namespace.
std::set<std::string> used_names() {
    static const std::regex use(R"(\bcode::(\w+))");
    std::set<std::string> names;
    for (const auto& file : source_files()) {
        if (file.room() == "catalog")
            continue;
        for (std::sregex_iterator it(file.text.begin(), file.text.end(), use), end; it != end; ++it)
            names.insert((*it)[1]);
    }
    return names;
}

} // namespace

TEST_CASE("catalogue: ids are well formed and unique") {
    static const std::regex form("(USE|PRF|SYS|IKE|VRF)[0-9]{3}");
    std::set<std::string> ids;
    for (const auto& row : catalog::rows()) {
        const std::string id(row.code.id);
        CAPTURE(id);
        CHECK(std::regex_match(id, form));
        CHECK(ids.insert(id).second);
    }
    CHECK(ids.size() > 20);
}

TEST_CASE("catalogue: the table holds exactly the rows of the .def files") {
    const auto defined = defined_codes();
    CHECK(defined.size() == catalog::rows().size());
    for (const auto& [name, id] : defined) {
        CAPTURE(name, id);
        CHECK(catalog::find(id));
    }
}

TEST_CASE("catalogue: a code that nothing can answer with is no code") {
    const auto used = used_names();
    for (const auto& [name, id] : defined_codes()) {
        CAPTURE(name, id);
        CHECK(used.contains(name));
    }
}

TEST_CASE("catalogue: every row says what, why and what to do, in sentences") {
    for (const auto& row : catalog::rows()) {
        CAPTURE(row.code.id);
        for (const std::string_view text : {row.summary, row.explanation, row.action}) {
            CAPTURE(text);
            CHECK(text.size() > 5);
            CHECK(text.ends_with('.'));
            CHECK(text.find('\n') == std::string_view::npos);
        }
    }
}

TEST_CASE("catalogue: unknown ids are found nowhere") {
    CHECK_FALSE(catalog::find("PRF999"));
    CHECK_FALSE(catalog::find(""));
    CHECK_FALSE(catalog::find("prf001"));
}
