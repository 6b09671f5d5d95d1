// SPDX-License-Identifier: Apache-2.0
#include "cli/view/standing.hpp"

#include "cli/view/drift.hpp"
#include "cli/view/outcome.hpp"
#include "cli/view/table.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <ctime>

namespace eligate::cli {
namespace {

using vici::ChildSa;
using vici::IkeSa;

const ChildSa* installed(const IkeSa& sa) {
    const auto found = std::ranges::find_if(sa.children, &ChildSa::installed);
    return found == sa.children.end() ? nullptr : &*found;
}

struct Conclusion {
    base::Message sentence;
    base::Message next;
};

Conclusion conclusion(Verdict verdict) {
    const auto command = [](const char* msgid, const char* line) {
        return base::msg(msgid, {{"command", line}});
    };
    switch (verdict) {
    case Verdict::up:
        return {.sentence = base::msg(N_("The tunnel is up.")),
                .next = command(N_("Proof that it carries traffic: {command}"), "sudo eligate verify")};
    case Verdict::drifted:
        return {.sentence =
                    base::msg(N_("The tunnel is up, but not everything is as eligate left it (above).")),
                .next = command(N_("To put it right: {command}"), "sudo eligate apply")};
    case Verdict::down:
        return {.sentence = base::msg(N_("The tunnel is down. Nothing leaves for the eligibility network.")),
                .next = command(N_("To find the cause: {command}"), "sudo eligate verify")};
    case Verdict::unfinished:
        return {.sentence = base::msg(N_("An earlier run was cut off; apply puts its changes back first.")),
                .next = command(N_("Next: {command}"), "sudo eligate apply")};
    case Verdict::not_applied:
        return {.sentence = base::msg(N_("Nothing has been applied on this machine.")),
                .next = command(N_("Next: {command}"), "sudo eligate plan")};
    }
    return {};
}

std::string traffic(const vici::Traffic& traffic, const Style& style) {
    const auto count =
        base::msg(N_("{amount} in {packets} packets"),
                  {{"amount", amount(traffic.bytes)}, {"packets", std::to_string(traffic.packets)}});
    if (!traffic.idle)
        return style.say(count);
    return style.say(
        base::msg(N_("{count}, the last one {ago} ago"),
                  {{.name = "count", .value = count}, {.name = "ago", .value = duration(*traffic.idle)}}));
}

std::string algorithms(const vici::Algorithms& a) {
    std::string text = a.encryption;
    if (a.key_bits != 0)
        text += fmt::format("-{}", a.key_bits);
    for (const auto& part : {a.integrity, a.prf, a.dh_group})
        if (!part.empty())
            text += fmt::format(" {}", part);
    return visible(text);
}

void add_tunnel(Table& table, const IkeSa& sa, const Style& style) {
    const auto add = [&](const char* label, const std::string& text) {
        if (!text.empty())
            table.emplace_back(style.say(base::msg(label)), text);
    };
    if (sa.established)
        add(N_("up since"),
            style.say(base::msg(N_("{ago} ago"), {{.name = "ago", .value = duration(*sa.established)}})));
    else
        add(N_("IKE"), visible(sa.state));
    add(N_("gateway"), visible(fmt::format("{} ({})", sa.remote_host, sa.remote_id)));
    add(N_("tunnel address"), visible(fmt::format("{}", fmt::join(sa.local_vips, ", "))));
    const auto* const child = installed(sa);
    if (child == nullptr)
        return;
    add(N_("negotiated"), visible(fmt::format("{}", fmt::join(child->remote_ts, ", "))));
    add(N_("encryption"), algorithms(child->algorithms));
    add(N_("received"), traffic(child->in, style));
    add(N_("sent"), traffic(child->out, style));
}

Json traffic_json(const vici::Traffic& traffic) {
    return {{"bytes", traffic.bytes},
            {"packets", traffic.packets},
            {"idle_seconds", traffic.idle ? Json(traffic.idle->count()) : Json(nullptr)}};
}

Json tunnel_json(const IkeSa& sa) {
    Json json;
    json["connection"] = sa.name;
    json["state"] = sa.state;
    json["gateway"] = sa.remote_host;
    json["gateway_id"] = sa.remote_id;
    json["established_seconds"] = sa.established ? Json(sa.established->count()) : Json(nullptr);
    json["addresses"] = sa.local_vips;
    json["child"] = nullptr;
    if (const auto* const child = installed(sa); child != nullptr)
        json["child"] = {{"name", child->name},
                         {"remote_ts", child->remote_ts},
                         {"in", traffic_json(child->in)},
                         {"out", traffic_json(child->out)}};
    return json;
}

using TimeText = std::array<char, 32>;

} // namespace

Verdict verdict_on(const Standing& standing) {
    if (standing.unfinished)
        return Verdict::unfinished;
    if (!standing.committed)
        return Verdict::not_applied;
    if (!std::ranges::any_of(standing.tunnels, [](const auto& sa) { return installed(sa) != nullptr; }))
        return Verdict::down;
    return standing.drift.empty() ? Verdict::up : Verdict::drifted;
}

std::string_view id_of(Verdict verdict) {
    switch (verdict) {
    case Verdict::up:
        return "up";
    case Verdict::drifted:
        return "drifted";
    case Verdict::down:
        return "down";
    case Verdict::unfinished:
        return "unfinished";
    case Verdict::not_applied:
        return "not_applied";
    }
    return "";
}

std::string render(const Standing& standing, const Style& style) {
    std::string out;
    Table table;
    if (standing.committed) {
        const auto& committed = *standing.committed;
        out += style.paint(Tone::strong, visible(committed.clinic)) + '\n';
        table.emplace_back(style.say(base::msg(N_("profile"))),
                           visible(fmt::format("{} ({})", committed.profile_id, committed.revision)));
        table.emplace_back(style.say(base::msg(N_("applied"))),
                           style.say(base::msg(N_("{time}, generation {generation}"),
                                               {{"time", local_time(committed.committed_at)},
                                                {"generation", std::to_string(committed.generation)}})));
        if (!committed.proven)
            table.emplace_back(
                style.say(base::msg(N_("proof"))),
                style.say(
                    base::msg(N_("none yet: applied with --unproven. Once the service is open: {command}"),
                              {{"command", "sudo eligate apply"}})));
    }
    if (standing.waiting)
        table.emplace_back(
            style.say(base::msg(N_("waits"))),
            style.say(base::msg(N_("it is put back in {time} unless it is confirmed"),
                                {{.name = "time", .value = duration(standing.waiting->left)}})));
    for (const auto& sa : standing.tunnels)
        add_tunnel(table, sa, style);
    out += aligned(table, 2, style);
    if (!standing.drift.empty())
        out += '\n' + render(standing.drift, *standing.committed, style);
    const auto verdict = verdict_on(standing);
    const auto tone = verdict == Verdict::up        ? Tone::good
                      : verdict == Verdict::drifted ? Tone::warning
                                                    : Tone::bad;
    out += out.empty() ? "" : "\n";
    const auto [sentence, next] = conclusion(verdict);
    for (const auto& line : wrapped(style.say(sentence), style.columns))
        out += style.paint(tone, line) + '\n';
    out += standing.waiting ? render_waiting(*standing.waiting, style)
                            : paragraph("", style.say(next), style.columns);
    return out;
}

Json to_json(const Standing& standing, const Style& style) {
    auto json = record();
    json["result"] = id_of(verdict_on(standing));
    json["site"] = nullptr;
    json["profile"] = nullptr;
    json["revision"] = nullptr;
    json["generation"] = nullptr;
    json["committed_at"] = nullptr;
    json["proven"] = nullptr;
    json["hold"] = hold_json(standing.waiting);
    if (const auto& committed = standing.committed) {
        json["site"] = committed->clinic;
        json["profile"] = committed->profile_id;
        json["revision"] = committed->revision;
        json["generation"] = committed->generation;
        json["committed_at"] = utc(committed->committed_at);
        json["proven"] = committed->proven;
    }
    json["tunnels"] = Json::array();
    for (const auto& sa : standing.tunnels)
        json["tunnels"].push_back(tunnel_json(sa));
    json["drift"] = to_json(standing.drift, style);
    return json;
}

base::Message duration(std::chrono::seconds seconds) {
    const auto total = std::max<std::int64_t>(seconds.count(), 0);
    const auto number = [](const char* name, std::int64_t value) {
        return base::Argument{.name = name, .value = std::to_string(value)};
    };
    constexpr std::int64_t minute = 60;
    constexpr std::int64_t hour = 60 * minute;
    constexpr std::int64_t day = 24 * hour;
    if (total < minute)
        return base::msg(N_("{seconds} s"), {number("seconds", total)});
    if (total < hour)
        return base::msg(N_("{minutes} min"), {number("minutes", total / minute)});
    if (total < day)
        return base::msg(N_("{hours} h {minutes} min"),
                         {number("hours", total / hour), number("minutes", total % hour / minute)});
    return base::msg(N_("{days} d {hours} h"),
                     {number("days", total / day), number("hours", total % day / hour)});
}

std::string amount(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1000 && unit + 1 < units.size()) {
        value /= 1000;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units.at(unit));
}

std::string utc(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    TimeText text{};
    if (gmtime_r(&time, &parts) == nullptr)
        return {};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string local_time(std::int64_t seconds) {
    const std::time_t time = seconds;
    std::tm parts{};
    TimeText text{};
    if (localtime_r(&time, &parts) == nullptr)
        return {};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

} // namespace eligate::cli
