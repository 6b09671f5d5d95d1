// SPDX-License-Identifier: Apache-2.0
/// Promise 7: a profile is only data. Every string of every file in turn becomes hostile text; each time the
/// files are refused with a diagnostic at that place, or the text arrives as exactly that value, and only
/// where nothing but people's eyes (or, for a secret, only charon's key store) ever sees it.
#include "profile/load.hpp"
#include "profile/toml.hpp"
#include "support/catch.hpp"
#include "support/hostile.hpp"
#include "support/inputs.hpp"
#include "support/plain_text.hpp"
#include "support/source_dir.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace eligate;
using namespace eligate::profile;

namespace {

struct Field {
    std::string file;
    /// "ike.local.id", lists without their index.
    std::string path;
    base::SourceSpan where;
    std::string value;
};

void collect(const std::string& file, const std::string& path, const Node& node, std::vector<Field>& fields) {
    for (const auto& entry : node.entries)
        collect(file, path.empty() ? entry.key : path + "." + entry.key, entry.node, fields);
    for (const auto& item : node.items)
        collect(file, path, item, fields);
    if (node.type == Node::Type::string)
        fields.push_back({.file = file, .path = path, .where = node.where, .value = node.text});
}

std::vector<Field> fields_of(const std::string& file, const std::string& text) {
    base::Diagnostics diagnostics;
    const auto document = Document::parse(file, base::Secret(std::string_view(text)), false, diagnostics);
    REQUIRE(document.root() != nullptr);
    std::vector<Field> fields;
    collect(file, "", *document.root(), fields);
    REQUIRE_FALSE(fields.empty());
    return fields;
}

std::string toml_literal(std::string_view value) {
    std::string literal = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\')
            literal += fmt::format("\\{}", c);
        else if (static_cast<unsigned char>(c) < 0x20)
            literal += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
        else
            literal += c;
    }
    return literal + "\"";
}

/// The text with the literal at the field's place replaced. The fields' literals are plain ones on one line.
std::string with(const std::string& text, const Field& field, std::string_view value) {
    std::size_t begin = 0;
    for (std::size_t line = 1; line < field.where.line; ++line)
        begin = text.find('\n', begin) + 1;
    const auto old = "\"" + field.value + "\"";
    // Characters before the column may be longer than a byte, never shorter.
    const auto at = text.find(old, begin + field.where.column - 1);
    REQUIRE(at != std::string::npos);
    auto changed = text;
    changed.replace(at, old.size(), toml_literal(value));
    return changed;
}

/// Where a text is for people's eyes only.
bool is_display(const Field& field) {
    static const std::set<std::string> paths{"provider.name.ja",
                                             "provider.name.en",
                                             "provider.support.hours",
                                             "provider.source",
                                             "intake.label.ja",
                                             "intake.label.en",
                                             "intake.where.ja",
                                             "intake.where.en",
                                             "clinic.name",
                                             "name.ja",
                                             "name.en",
                                             "source",
                                             "service.name.ja",
                                             "service.name.en",
                                             "service.source",
                                             "service.check.source",
                                             "domains.source"};
    return paths.contains(field.path);
}

bool is_secret(const Field& field) {
    return field.file == "secrets.toml";
}

/// Everything of the loaded values that came from a string.
std::set<std::string> texts_of(const Settled& settled, const FoundProfile& found) {
    std::set<std::string> texts{settled.clinic,          settled.provider_name.ja, settled.provider_name.en,
                                settled.support.hours,   settled.support.phone,    settled.network_name.ja,
                                settled.network_name.en, settled.wan_interface};
    texts.insert(settled.lan_interfaces.begin(), settled.lan_interfaces.end());
    texts.insert(settled.gateways.begin(), settled.gateways.end());
    texts.insert(settled.domains.begin(), settled.domains.end());
    if (const auto* psk = std::get_if<PskCredential>(&settled.credential))
        texts.emplace(psk->psk.expose());
    texts.insert(found.provider->fact.source);
    for (const auto& intake : found.provider->intake)
        texts.insert({intake.label.ja, intake.label.en, intake.where.ja, intake.where.en});
    texts.insert(found.network->fact.source);
    for (const auto& domain : found.network->domains)
        texts.insert({domain.name.value, domain.fact.source});
    for (const auto& service : found.network->services) {
        texts.insert({service.name.ja, service.name.en, service.fact.source});
        for (const auto& check : service.checks)
            texts.insert(check.fact.source);
    }
    return texts;
}

/// Whether an error stands on the field's own line (a value of several lines begins there).
bool is_refused_there(const base::Diagnostics& diagnostics, const Field& field) {
    return std::ranges::any_of(diagnostics.sorted(), [&](const base::Diagnostic& diagnostic) {
        return diagnostic.severity == base::Severity::error && diagnostic.where &&
               diagnostic.where->file == field.file && diagnostic.where->line == field.where.line;
    });
}

/// Why this outcome is not right; empty if it is.
std::string fault_of(test::FakeDisk& disk, const profile::Loaded& loaded, const Field& field,
                     std::string_view hostile, const std::string& value) {
    const bool plain_word = hostile == "include";
    if (!loaded.settled) {
        // A different pattern, key or word may be well-formed and still not fit the other files.
        const bool elsewhere = plain_word || field.path == "intake.pattern" || is_secret(field);
        if (!loaded.diagnostics.has_errors())
            return "refused without a word";
        return elsewhere || is_refused_there(loaded.diagnostics, field) ? ""
                                                                        : "refused, but not at its place";
    }
    if (!is_display(field) && !is_secret(field))
        return plain_word ? "" : "accepted where it is used, not only seen";
    const auto found = find_profile(loaded.settled->profile_id, test::shelves(), disk.disk());
    return texts_of(*loaded.settled, found).contains(value) ? "" : "accepted, and arrived as something else";
}

void check_field(test::FakeDisk& disk, const Field& field, std::string_view hostile,
                 const std::string& value) {
    auto& text = disk.files[field.file];
    const auto good = text;
    text = with(good, field, value);
    const auto loaded = test::load(disk);
    if (const auto fault = fault_of(disk, loaded, field, hostile, value); !fault.empty())
        FAIL_CHECK(fmt::format("{}: {} = {}: {}\n{}", field.file, field.path, toml_literal(value), fault,
                               test::plain_text(loaded.diagnostics)));
    text = good;
}

/// The fields whose path begins so. Alone in one turn, behind the good value in the next: both would double
/// the time and find no more.
void check_file(test::FakeDisk disk, const std::string& file, std::string_view start = "") {
    REQUIRE(test::load(disk).settled);
    const auto text = disk.files[file];
    std::size_t turn = 0;
    for (const auto& field : fields_of(file, text))
        for (const auto hostile : test::hostile_texts)
            if (field.path.starts_with(start))
                check_field(disk, field, hostile,
                            (turn++ % 2 == 0 ? "" : field.value) + std::string(hostile));
    CHECK(turn > 0);
}

test::FakeDisk good() {
    return test::good_disk(ELIGATE_SOURCE_DIR);
}

test::FakeDisk good_eap() {
    auto disk = good();
    test::edit(disk.files["site.toml"], "example-psk", "example-eap");
    test::edit(disk.files["site.toml"], "connection_id =", "ca_certificate = \"ca.pem\"\nconnection_id =");
    disk.files["secrets.toml"] = "schema = 1\n[secrets]\neap_password = \"CANARY-eap-51be2d\"\n";
    return disk;
}

} // namespace

TEST_CASE("hostile: no string of a provider profile becomes anything but data") {
    check_file(good(), "providers/example-psk.toml");
}

TEST_CASE("hostile: nor of one with EAP, files and a CA") {
    check_file(good_eap(), "providers/example-eap.toml", "i");
}

TEST_CASE("hostile: nor of a network file") {
    check_file(good(), "networks/onshikaku.toml");
}

TEST_CASE("hostile: nor of a site file") {
    check_file(good(), "site.toml");
    auto disk = good_eap();
    test::edit(disk.files["site.toml"], "terminals", "prefix = \"192.168.1.0/24\"\nterminals");
    check_file(disk, "site.toml", "lan");
    check_file(disk, "site.toml", "intake");
}

TEST_CASE("hostile: nor of a secrets file") {
    check_file(good(), "secrets.toml");
}

TEST_CASE("hostile: a key can be nothing but a known key") {
    for (const auto* file :
         {"providers/example-psk.toml", "networks/onshikaku.toml", "site.toml", "secrets.toml"})
        for (const auto hostile : test::hostile_texts) {
            auto disk = good();
            auto& text = disk.files[file];
            text += fmt::format("{} = \"x\"\n", toml_literal(hostile));
            INFO(text);
            CHECK_FALSE(test::load(disk).settled);
        }
}
