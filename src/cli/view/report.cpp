// SPDX-License-Identifier: Apache-2.0
#include "cli/view/report.hpp"

#include "cli/view/evidence.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string_view>

namespace eligate::cli {
namespace {

using verify::Check;
using verify::Status;

constexpr std::size_t mark_columns = 8;
constexpr std::size_t time_columns = 10;

base::Message mark_of(Status status) {
    switch (status) {
    case Status::pass:
        return base::msg(N_("OK"));
    case Status::warn:
        return base::msg(N_("WARN"));
    case Status::fail:
        return base::msg(N_("FAIL"));
    case Status::skip:
        return base::msg(N_("skipped"));
    case Status::unknown:
        return base::msg(N_("unknown"));
    }
    return {};
}

Tone tone_of(Status status) {
    switch (status) {
    case Status::pass:
        return Tone::good;
    case Status::warn:
        return Tone::warning;
    case Status::fail:
        return Tone::bad;
    case Status::skip:
    case Status::unknown:
        return Tone::quiet;
    }
    return Tone::quiet;
}

/// `told` are the codes that stand further up already: the same remedy is not told twice.
std::string below(const Check& check, std::set<std::string_view>& told, const Style& style) {
    constexpr auto indent = mark_columns + 2;
    const std::string blank(indent, ' ');
    std::string out;
    if (!check.what.empty())
        out += paragraph(blank, style.say(check.what), style.columns);
    if (check.status != Status::fail && check.status != Status::warn)
        return out;
    out += render(check.evidence, indent, style);
    if (!check.code)
        return out;
    const auto id = fmt::format("{} ({})", check.code->id, check.id);
    if (!told.insert(check.code->id).second)
        return out + paragraph(blank,
                               style.say(base::msg(N_("{code}: cause and remedy as above"), {{"code", id}})),
                               style.columns);
    return out + render_remedy(*check.code, indent, style) + paragraph(blank, id, style.columns);
}

base::Message counted(const verify::Report& report) {
    const auto count = [&](Status status) {
        return std::to_string(std::ranges::count(report.checks, status, &Check::status));
    };
    return base::msg(N_("OK {pass}, warnings {warn}, failed {fail}, skipped {skip}, unknown {unknown}"),
                     {{"pass", count(Status::pass)},
                      {"warn", count(Status::warn)},
                      {"fail", count(Status::fail)},
                      {"skip", count(Status::skip)},
                      {"unknown", count(Status::unknown)}});
}

} // namespace

std::string render_line(const Check& check, const Style& style) {
    const auto mark = style.say(mark_of(check.status));
    const auto time =
        check.status == Status::skip ? std::string() : fmt::format("{} ms", check.millis.count());
    const auto room = style.columns > mark_columns + time_columns + 22
                          ? style.columns - mark_columns - time_columns - 2
                          : 20;
    auto line = fmt::format("  {}{}{}{}", style.paint(tone_of(check.status), mark),
                            std::string(mark_columns - std::min(mark_columns - 1, width(mark)), ' '),
                            padded(style.say(check.title), room), right_aligned(time, time_columns));
    line.erase(line.find_last_not_of(' ') + 1);
    return line + '\n';
}

Contact contact_of(const profile::Settled& settled) {
    return {.name = settled.provider_name, .phone = settled.support.phone, .hours = settled.support.hours};
}

std::string render_call(const Contact& contact, const Style& style) {
    if (contact.phone.empty())
        return {};
    const auto hours = contact.hours.empty() ? std::string() : fmt::format(" ({})", contact.hours);
    return paragraph(
        "",
        style.say(
            base::msg(N_("Call: {name}, {phone}{hours}"),
                      {{.name = "name", .value = contact.name}, {"phone", contact.phone}, {"hours", hours}})),
        style.columns);
}

std::string render_checks(const verify::Report& report, const Style& style) {
    std::set<std::string_view> told;
    std::string out;
    for (const auto& check : report.checks)
        out += render_line(check, style) + below(check, told, style);
    return out;
}

std::string render_next_step(const verify::Report& report, const Contact& contact, const Style& style) {
    const auto lines = [&](Tone tone, const base::Message& message) {
        std::string out;
        for (const auto& line : wrapped(style.say(message), style.columns))
            out += style.paint(tone, line) + '\n';
        return out;
    };
    const auto* const failed = report.first_failure();
    if (failed == nullptr) {
        const bool warned =
            std::ranges::find(report.checks, Status::warn, &Check::status) != report.checks.end();
        return lines(Tone::good,
                     warned
                         ? base::msg(N_("The tunnel carries traffic. Look at the warnings before you leave."))
                         : base::msg(N_("The tunnel carries traffic. Nothing is left to do here.")));
    }
    auto out = lines(Tone::bad,
                     base::msg(N_("First failure: {title}"), {{.name = "title", .value = failed->title}}));
    out += lines(Tone::bad, base::msg(N_("Whose turn it is: {party}"),
                                      {{.name = "party", .value = catalog::name_of(failed->party)}}));
    if (failed->party == catalog::Party::provider)
        out += render_call(contact, style);
    return out;
}

std::string render(const verify::Report& report, const Contact& contact, const Style& style) {
    auto out = render_checks(report, style);
    out += '\n' + paragraph("", style.say(counted(report)), style.columns);
    return out + render_next_step(report, contact, style);
}

Json checks_json(const verify::Report& report, const Style& style) {
    auto list = Json::array();
    for (const auto& check : report.checks) {
        Json one;
        one["id"] = check.id;
        one["status"] = verify::id_of(check.status);
        one["party"] = catalog::id_of(check.party);
        one["title"] = style.say(check.title);
        one["evidence"] = to_json(check.evidence);
        one["millis"] = check.millis.count();
        one["code"] = check.code ? Json(check.code->id) : Json(nullptr);
        list.push_back(std::move(one));
    }
    return list;
}

} // namespace eligate::cli
