// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "cli/view/error.hpp"
#include "cli/view/explain.hpp"
#include "cli/width.hpp"
#include "support/catch.hpp"
#include "translations.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace eligate;
using namespace eligate::cli;

namespace {

base::Error refused() {
    return {.code = catalog::code::charon_unreachable,
            .what = base::msg("nobody answers at {path}", {{"path", "/run/charon.vici"}}),
            .evidence = {{"path", "/run/charon.vici"}, {"own-name", "\x1b[2J"}},
            .context = {base::msg("loading the connection")}};
}

} // namespace

TEST_CASE("failure: what, during what, evidence, cause, action and party") {
    CHECK(render(refused(), {}) ==
          "error[IKE001]: nobody answers at /run/charon.vici\n"
          "  while: loading the connection\n"
          "  path:     /run/charon.vici\n"
          "  own-name: \\x1b[2J\n"
          "  cause: eligate talks to strongSwan's daemon over its VICI socket, and nobody\n"
          "         answers there.\n"
          "  to do: Start it: systemctl start strongswan. Then look at: journalctl -u\n"
          "         strongswan.\n"
          "  who:   this appliance\n");
}

TEST_CASE("failure: a mistyped command line only says how to get help") {
    const auto text =
        render(base::Error{.code = catalog::code::usage, .what = base::msg("there is no option -q")}, {});
    CHECK(text == "error[USE001]: there is no option -q\n"
                  "  Run the command with --help; it ends with an example.\n");
}

TEST_CASE("failure: as JSON every key is there") {
    const auto json = to_json(refused(), {});
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items())
        keys.push_back(key);
    CHECK(keys == std::vector<std::string>{"code", "message", "context", "evidence", "cause", "action",
                                           "party", "retry"});
    CHECK(json["evidence"]["path"] == "/run/charon.vici");
    CHECK(json["party"] == "appliance");
    CHECK(json["retry"] == true);
}

TEST_CASE("failure: a broken byte in the evidence still makes valid JSON") {
    auto error = refused();
    error.evidence = {{"peer", "\xff"}};
    CHECK(Json::parse(dumped(to_json(error, {})))["evidence"]["peer"] == "\xef\xbf\xbd");
}

TEST_CASE("failure: every code is explained within 80 columns in both languages") {
    test::load_japanese();
    for (const auto language : {base::Language::en, base::Language::ja})
        for (const auto& row : catalog::rows()) {
            const auto text = render(row, {.language = language});
            CHECK(text.starts_with(std::string(row.code.id) + "  "));
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);) {
                CAPTURE(line);
                CHECK(width(line) <= 80);
            }
        }
}

TEST_CASE("failure: an explanation as JSON carries the exit code and whether a retry may help") {
    const auto json = to_json(*catalog::find("USE002"), {});
    CHECK(json["schema"] == 1);
    CHECK(json["code"] == "USE002");
    CHECK(json["exit"] == 130);
    CHECK(json["retry"] == true);
}

TEST_CASE("failure: evidence is in the person's language, as far as it is ours") {
    test::load_japanese();
    auto error = refused();
    error.context.clear();
    error.evidence = {{"also vpn2.example.net", "IKE001 strongSwan does not answer."},
                      {"server", "IKE999 x"}};
    const auto text = render(error, {.language = base::Language::ja});
    CHECK(text.find("vpn2.example.net: IKE001 strongSwan が応答しません。") != std::string::npos);
    CHECK(text.find("サーバー:") != std::string::npos);
    CHECK(text.find("IKE999 x") != std::string::npos);
}
