// SPDX-License-Identifier: Apache-2.0
#include "cli/view/profile.hpp"

#include "cli/view/diagnostics.hpp"
#include "cli/view/table.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace eligate::cli {
namespace {

using profile::Network;
using profile::Provider;

/// "10.0.0.0/8, 10.20.0.0/16" of anything located that has a text.
template <class List, class Text>
std::vector<std::string> texts(const List& list, Text text) {
    std::vector<std::string> out;
    std::ranges::transform(list, std::back_inserter(out), text);
    return out;
}

constexpr auto value_of = [](const auto& located) { return located.value; };
constexpr auto text_of_value = [](const auto& located) { return located.value.text(); };

std::string joined(const std::vector<std::string>& words) {
    return visible(fmt::format("{}", fmt::join(words, ", ")));
}

std::string intake_lines(const Provider& provider, const Style& style) {
    std::string out;
    for (const auto& intake : provider.intake) {
        out += paragraph("  - ",
                         style.say(base::msg(N_("{label} ({key}, in {file})"),
                                             {{.name = "label", .value = intake.label},
                                              {"key", intake.key.value},
                                              {"file", intake.secret ? "secrets.toml" : "site.toml"}})),
                         style.columns);
        const auto note = [&](const base::Message& message) {
            out += paragraph("      ", style.say(message), style.columns);
        };
        if (!intake.where.ja.empty() || !intake.where.en.empty())
            note(base::msg(N_("on the papers: {where}"), {{.name = "where", .value = intake.where}}));
        if (intake.pattern)
            note(base::msg(N_("looks like {example}"), {{"example", intake.pattern->example()}}));
        if (intake.kind == profile::IntakeKind::file)
            note(base::msg(N_("a file that the provider hands over")));
        if (!intake.required)
            note(base::msg(N_("may be left out")));
    }
    return out;
}

base::Message name_of(profile::AddressMode mode) {
    return mode == profile::AddressMode::assigned ? base::msg(N_("assigned by the provider"))
                                                  : base::msg(N_("routed: the clinic's own addresses"));
}

std::string support_text(const Provider& provider) {
    const auto& [phone, hours] = provider.support;
    return visible(hours.empty() ? phone : fmt::format("{} ({})", phone, hours));
}

std::string source_of(const profile::Fact& fact) {
    return fact.as_of.empty() ? fact.source : fmt::format("{} ({})", fact.source, fact.as_of);
}

void put_fact(Json& json, const profile::Fact& fact) {
    json["source"] = fact.source.empty() ? Json(nullptr) : Json(fact.source);
    json["as_of"] = fact.as_of.empty() ? Json(nullptr) : Json(fact.as_of);
}

} // namespace

std::string render(const std::vector<profile::ListedProfile>& profiles, const Style& style) {
    if (profiles.empty())
        return style.say(base::msg(N_("No provider profile is known."))) + '\n';
    std::size_t ids = 0;
    for (const auto& listed : profiles)
        ids = std::max(ids, width(listed.id));
    std::string out;
    for (const auto& listed : profiles) {
        const auto name =
            listed.provider ? style.say(listed.provider->name) : style.say(base::msg(N_("has faults")));
        out += paragraph(padded(listed.id, ids) + "  ", name, style.columns);
        auto file = visible(listed.file);
        if (listed.shadows)
            file += ' ' + style.say(base::msg(N_("(stands before the shipped one)")));
        // On a line of its own, and not under the name: a shipped profile's path is 60 columns long.
        out += style.paint(Tone::quiet, fmt::format("    {}", file)) + '\n';
    }
    out += '\n';
    out += paragraph("", style.say(base::msg(N_("More about one: eligate profile show ID"))), style.columns);
    return out;
}

Json to_json(const std::vector<profile::ListedProfile>& profiles, const Style& style) {
    auto list = Json::array();
    for (const auto& listed : profiles) {
        Json json;
        json["id"] = listed.id;
        json["file"] = listed.file;
        json["shadows"] = listed.shadows;
        json["revision"] = listed.provider ? Json(listed.provider->revision) : Json(nullptr);
        json["name"] = listed.provider ? to_json(listed.provider->name) : Json(nullptr);
        json["network"] = listed.provider ? Json(listed.provider->network.value) : Json(nullptr);
        json["diagnostics"] = to_json(listed.diagnostics, style);
        list.push_back(std::move(json));
    }
    return list;
}

std::string render(const Provider& provider, const Network* network, const Style& style) {
    auto out = style.paint(Tone::strong, style.say(provider.name)) + "\n\n";
    Table table;
    const auto add = [&](const char* label, const std::string& text) {
        if (!text.empty())
            table.emplace_back(style.say(base::msg(label)), text);
    };
    add(N_("profile"), fmt::format("{} ({})", provider.id.value, provider.revision));
    add(N_("file"), visible(provider.file));
    add(N_("support"), support_text(provider));
    add(N_("source"), visible(source_of(provider.fact)));
    add(N_("network"), network != nullptr ? style.say(network->name) : visible(provider.network.value));
    add(N_("gateways"), joined(texts(provider.gateways, value_of)));
    add(N_("IKE proposals"), joined(texts(provider.ike_proposals, text_of_value)));
    add(N_("ESP proposals"), joined(texts(provider.esp_proposals, text_of_value)));
    add(N_("tunnel address"), style.say(name_of(provider.address)));
    add(N_("negotiated"), joined(texts(provider.remote_ts, text_of_value)));
    add(N_("into the tunnel"), joined(texts(provider.destinations, text_of_value)));
    add(N_("DNS servers"), joined(texts(provider.dns_servers, text_of_value)));
    out += aligned(table, 2, style);
    out += '\n' + style.say(base::msg(N_("To be copied from the papers:"))) + '\n';
    out += intake_lines(provider, style);
    return out;
}

void put_profile(Json& json, const Provider& provider, const Network* network) {
    auto& one = json["profile"];
    one["id"] = provider.id.value;
    one["revision"] = provider.revision;
    one["file"] = provider.file;
    one["name"] = to_json(provider.name);
    one["support"] = {{"phone", provider.support.phone}, {"hours", provider.support.hours}};
    put_fact(one, provider.fact);
    one["gateways"] = texts(provider.gateways, value_of);
    one["ike_proposals"] = texts(provider.ike_proposals, text_of_value);
    one["esp_proposals"] = texts(provider.esp_proposals, text_of_value);
    one["address"] = provider.address == profile::AddressMode::assigned ? "assigned" : "routed";
    one["remote_ts"] = texts(provider.remote_ts, text_of_value);
    one["destinations"] = texts(provider.destinations, text_of_value);
    one["dns_servers"] = texts(provider.dns_servers, text_of_value);
    one["intake"] = Json::array();
    for (const auto& intake : provider.intake) {
        Json asked;
        asked["key"] = intake.key.value;
        asked["label"] = to_json(intake.label);
        asked["where"] = to_json(intake.where);
        asked["pattern"] = intake.pattern ? Json(intake.pattern->text()) : Json(nullptr);
        asked["kind"] = intake.kind == profile::IntakeKind::file ? "file" : "text";
        asked["secret"] = intake.secret;
        asked["required"] = intake.required;
        one["intake"].push_back(std::move(asked));
    }
    json["network"] = nullptr;
    if (network == nullptr)
        return;
    auto& behind = json["network"];
    behind = {{"id", network->id.value}, {"name", to_json(network->name)}};
    put_fact(behind, network->fact);
    behind["domains"] = texts(network->domains, [](const auto& domain) { return domain.name.value; });
    behind["services"] = texts(network->services, [](const auto& service) { return service.id.value; });
}

} // namespace eligate::cli
