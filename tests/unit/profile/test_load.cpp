// SPDX-License-Identifier: Apache-2.0
#include "profile/load.hpp"
#include "support/catch.hpp"
#include "support/inputs.hpp"
#include "support/plain_text.hpp"
#include "support/source_dir.hpp"

#include <algorithm>
#include <string>

using namespace eligate;
using namespace eligate::profile;
namespace code = catalog::code;

namespace {

Judged judged(const std::string& name, const std::string& text) {
    test::FakeDisk disk;
    disk.files[name] = text;
    return judge(name, disk.disk().read);
}

std::string shipped(const std::string& path) {
    return *test::content_of(std::string(ELIGATE_SOURCE_DIR) + "/" + path);
}

bool has(const base::Diagnostics& diagnostics, base::Code wanted) {
    return std::ranges::any_of(diagnostics.sorted(),
                               [&](const base::Diagnostic& diagnostic) { return diagnostic.code == wanted; });
}

} // namespace

TEST_CASE("judge: tells each kind of file by what is in it") {
    const auto [path, kind] = GENERATE(table<std::string, FileKind>({
        {"profiles/providers/example-psk.toml", FileKind::provider},
        {"profiles/providers/example-eap.toml", FileKind::provider},
        {"profiles/providers/example-certificate.toml", FileKind::provider},
        {"profiles/networks/onshikaku.toml", FileKind::network},
        {"tests/golden/base/site.toml", FileKind::site},
        {"tests/golden/base/secrets.toml", FileKind::secrets},
    }));
    CAPTURE(path);
    const auto result = judged("x.toml", shipped(path));
    CHECK(result.kind == kind);
    INFO(test::plain_text(result.diagnostics));
    CHECK(result.diagnostics.sorted().empty());
}

TEST_CASE("judge: a file of no kind is said to be none") {
    const auto result = judged("x.toml", "a = 1\n");
    CHECK_FALSE(result.kind);
    CHECK(has(result.diagnostics, code::kind_unknown));
    CHECK(has(judged("x.toml", "").diagnostics, code::kind_unknown));
}

TEST_CASE("judge: a broken secrets file is not shown, whatever it is called") {
    const auto [name, text] = GENERATE(table<std::string, std::string>({
        {"x.toml", "schema = 1\n[secrets]\npsk = \"CANARY\n"},
        {"my-secrets.toml", "psk = CANARY\n"},
        {"x.toml", "schema = 1\npsk = CANARY\n"},
        {"x.toml", "schema = 1\n Password = CANARY # x\n"},
        {"x.toml", "schema = 1\n[intake]\npsk = \"CANARY\"\n[\n"},
        {"x.toml", "schema = 1\n[intake]\npsk = \"CANARY\x1b\"\n"},
    }));
    CAPTURE(name, text);
    const auto result = judged(name, text);
    CHECK(result.diagnostics.has_errors());
    CHECK(test::plain_text(result.diagnostics).find("CANARY") == std::string::npos);
}

TEST_CASE("judge: a file that cannot be read says what the reader said") {
    test::FakeDisk disk;
    const auto result = judge("nowhere.toml", disk.disk().read);
    CHECK(has(result.diagnostics, code::file_missing));
}

TEST_CASE("load: reads nothing outside what it was told") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    test::load(disk);
    CHECK(disk.reads == std::vector<std::string>{"secrets.toml", "site.toml", "imported/example-psk.toml",
                                                 "providers/example-psk.toml", "networks/onshikaku.toml"});
}

TEST_CASE("load: a profile id cannot lead out of its folder") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    test::edit(disk.files["site.toml"], "\"example-psk\"", "\"../providers/example-psk\"");
    const auto loaded = test::load(disk);
    CHECK_FALSE(loaded.settled);
    CHECK(disk.reads == std::vector<std::string>{"secrets.toml", "site.toml"});
}

TEST_CASE("load: an imported profile wins over the shipped one of the same id") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    disk.files["imported/example-psk.toml"] = disk.files["providers/example-psk.toml"];
    test::edit(disk.files["imported/example-psk.toml"], "revision = 1", "revision = 7");
    const auto loaded = test::load(disk);
    REQUIRE(loaded.settled);
    CHECK(loaded.settled->revision == 7);
}

TEST_CASE("load: an imported profile that cannot be read does not fall back to the shipped one") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    auto real = disk.disk();
    const Disk refusing{.read = [&](const std::string& path) -> base::Result<base::Secret> {
                            if (path.starts_with("imported/"))
                                return base::fail(code::file_unreadable, base::msg("no permission"));
                            return real.read(path);
                        },
                        .list = real.list};
    const auto loaded =
        profile::load({.site = "site.toml", .secrets = "secrets.toml", .shelves = test::shelves()}, refusing,
                      test::a_good_day);
    CHECK_FALSE(loaded.settled);
    CHECK(has(loaded.diagnostics, code::file_unreadable));
}

TEST_CASE("load: the day decides about certificates") {
    auto disk = test::good_disk(ELIGATE_SOURCE_DIR);
    test::edit(disk.files["site.toml"], "example-psk", "example-certificate");
    test::edit(disk.files["site.toml"], "connection_id =",
               "ca_certificate = \"ca.pem\"\ncertificate = \"expiring.pem\"\nprivate_key = "
               "\"expiring.key\"\nconnection_id =");
    disk.files.erase("secrets.toml");
    const auto on = [&](std::chrono::year_month_day day) {
        return profile::load({.site = "site.toml", .secrets = "secrets.toml", .shelves = test::shelves()},
                             disk.disk(), std::chrono::sys_days{day});
    };
    using namespace std::chrono_literals;
    CHECK(on(2026y / 12 / 10).settled);
    CHECK_FALSE(has(on(2026y / 12 / 10).diagnostics, code::certificate_expiring));
    CHECK(on(2026y / 12 / 20).settled);
    CHECK(has(on(2026y / 12 / 20).diagnostics, code::certificate_expiring));
    CHECK_FALSE(on(2027y / 1 / 16).settled);
    CHECK(has(on(2027y / 1 / 16).diagnostics, code::certificate_expired));
}
