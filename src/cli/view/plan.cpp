// SPDX-License-Identifier: Apache-2.0
#include "cli/view/plan.hpp"

#include "cli/view/difference.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace eligate::cli {
namespace {

using plan::Action;
using plan::Resource;
using plan::Verb;
using Lines = std::optional<std::vector<std::string>>;

/// What stands inside a resource, as lines; nothing if its sentence says it all, or if it must not be shown.
struct Inside {
    Lines operator()(const plan::FirewallTable& table) const { return lines_of(table.listing); }
    Lines operator()(const plan::File& file) const {
        if (file.sensitive)
            return std::nullopt;
        auto lines = lines_of(file.content.expose());
        lines.insert(lines.begin(), fmt::format("# mode {:04o}", file.mode));
        return lines;
    }
    Lines operator()(const plan::Sysctl& sysctl) const { return std::vector{sysctl.value}; }
    Lines operator()(const plan::Connection& wanted) const {
        const auto& c = wanted.connection;
        std::vector<std::string> lines{fmt::format("gateway   {}", c.gateway),
                                       fmt::format("local     {}{}", c.local.id.text(), eap_id(c.local)),
                                       fmt::format("remote    {}", c.remote.id.text())};
        for (const auto& proposal : c.proposals)
            lines.push_back(fmt::format("IKE       {}", proposal.text()));
        for (const auto& proposal : c.child.proposals)
            lines.push_back(fmt::format("ESP       {}", proposal.text()));
        if (!c.child.local_ts.empty())
            lines.push_back(fmt::format("local_ts  {}", net::text_of(c.child.local_ts)));
        lines.push_back(fmt::format("remote_ts {}", net::text_of(c.child.remote_ts)));
        if (!wanted.altered.empty())
            lines.push_back(fmt::format("altered   {}", wanted.altered));
        return lines;
    }
    template <class Other>
    Lines operator()(const Other& /*resource*/) const {
        return std::nullopt;
    }
    static std::string eap_id(const ipsec::Auth& auth) {
        return auth.eap_id ? fmt::format(" (EAP {})", *auth.eap_id) : std::string();
    }
};

struct Kind {
    std::string_view id;
    const char* heading;
};

Kind kind_of(const Resource& resource) {
    struct Name {
        Kind operator()(const plan::FirewallTable& /*r*/) const { return {"firewall", N_("Firewall")}; }
        Kind operator()(const plan::File& /*r*/) const { return {"file", N_("Files")}; }
        Kind operator()(const plan::Sysctl& /*r*/) const { return {"sysctl", N_("Kernel settings")}; }
        Kind operator()(const plan::Link& /*r*/) const { return {"link", N_("Interface")}; }
        Kind operator()(const plan::Route& /*r*/) const { return {"route", N_("Routing")}; }
        Kind operator()(const plan::Rule& /*r*/) const { return {"rule", N_("Routing")}; }
        Kind operator()(const plan::Authority& /*r*/) const { return {"authority", N_("strongSwan")}; }
        Kind operator()(const plan::PrivateKey& /*r*/) const { return {"private-key", N_("strongSwan")}; }
        Kind operator()(const plan::SharedSecret& /*r*/) const { return {"shared-secret", N_("strongSwan")}; }
        Kind operator()(const plan::Connection& /*r*/) const { return {"connection", N_("strongSwan")}; }
        Kind operator()(const plan::AssignedSource& /*r*/) const {
            return {"assigned-source", N_("Routing")};
        }
        Kind operator()(const plan::Tunnel& /*r*/) const { return {"tunnel", N_("Tunnel")}; }
        Kind operator()(const plan::Forwarder& /*r*/) const { return {"forwarder", N_("DNS")}; }
    };
    return std::visit(Name{}, resource);
}

std::string_view id_of(Verb verb) {
    switch (verb) {
    case Verb::create:
        return "create";
    case Verb::replace:
        return "replace";
    case Verb::remove:
        return "remove";
    }
    return "";
}

std::string mark_of(Verb verb, const Style& style) {
    switch (verb) {
    case Verb::create:
        return style.paint(Tone::good, "+");
    case Verb::replace:
        return style.paint(Tone::warning, "~");
    case Verb::remove:
        return style.paint(Tone::bad, "-");
    }
    return "";
}

bool is_sensitive_file(const std::optional<Resource>& resource) {
    const auto* const file = resource ? std::get_if<plan::File>(&*resource) : nullptr;
    return file != nullptr && file->sensitive;
}

Lines inside(const std::optional<Resource>& resource) {
    return resource ? std::visit(Inside{}, *resource) : std::nullopt;
}

std::string difference_lines(const Action& action, const Style& style) {
    const auto before = inside(action.before);
    const auto after = inside(action.after);
    if (!before && !after)
        return {};
    return render(
        difference(before.value_or(std::vector<std::string>()), after.value_or(std::vector<std::string>())),
        style);
}

std::string note_of(const Action& action, const Style& style) {
    if (!is_sensitive_file(action.before) && !is_sensitive_file(action.after))
        return {};
    return paragraph("      ", style.say(base::msg(N_("(0600, holds secrets: its content is not shown)"))),
                     style.columns);
}

Json lines_json(const Lines& lines) {
    return lines ? Json(*lines) : Json(nullptr);
}

} // namespace

std::string render(std::span<const Action> actions, Detail detail, const Style& style) {
    std::string out;
    std::string_view heading;
    for (const auto& action : actions) {
        const auto kind = kind_of(action.subject());
        if (heading != kind.heading) {
            heading = kind.heading;
            out += (out.empty() ? "" : "\n") + style.paint(Tone::strong, style.say(base::msg(kind.heading))) +
                   '\n';
        }
        auto sentence =
            paragraph("  ? ", style.say(plan::describe(action, plan::Tense::plan)), style.columns);
        sentence.replace(2, 1, mark_of(action.verb(), style));
        out += sentence;
        if (detail == Detail::full)
            out += note_of(action, style) + difference_lines(action, style);
    }
    return out;
}

Json to_json(std::span<const Action> actions, const Style& style) {
    auto list = Json::array();
    for (const auto& action : actions) {
        Json json;
        json["verb"] = id_of(action.verb());
        json["kind"] = kind_of(action.subject()).id;
        json["key"] = action.key();
        json["text"] = style.say(plan::describe(action, plan::Tense::plan));
        json["before"] = lines_json(inside(action.before));
        json["after"] = lines_json(inside(action.after));
        list.push_back(std::move(json));
    }
    return list;
}

} // namespace eligate::cli
