// SPDX-License-Identifier: Apache-2.0
#include "cli/view/profile.hpp"
#include "cli/width.hpp"
#include "support/catch.hpp"

#include <sstream>

using namespace eligate;
using namespace eligate::cli;

TEST_CASE("profile list: the shipped profiles' paths fit 80 columns and stay whole") {
    profile::ListedProfile listed;
    listed.id = "example-certificate";
    listed.file = "/usr/share/eligate/profiles/providers/example-certificate.toml";
    const auto text = render(std::vector{std::move(listed)}, {});
    CHECK(text.find("\n    /usr/share/eligate/profiles/providers/example-certificate.toml\n") !=
          std::string::npos);
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        CHECK(width(line) <= 80);
}

TEST_CASE("profile show: where the facts come from, and in brackets as of when") {
    profile::Provider provider;
    provider.fact = {.source = "connection papers", .as_of = "2026-10"};
    CHECK(render(provider, nullptr, {}).find("connection papers (2026-10)\n") != std::string::npos);
    provider.fact.as_of.clear();
    CHECK(render(provider, nullptr, {}).find("connection papers\n") != std::string::npos);
}
