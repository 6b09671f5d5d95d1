// SPDX-License-Identifier: Apache-2.0
#include "cli/view/history.hpp"

#include "cli/view/difference.hpp"
#include "cli/view/report.hpp"
#include "cli/view/standing.hpp"
#include "cli/view/table.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

namespace eligate::cli {
namespace {

using apply::Generation;

std::string profile_of(const Generation& generation) {
    return visible(fmt::format("{} ({})", generation.profile_id, generation.revision));
}

/// "12 of 12 checks passed"
base::Message passed(const verify::Report& ladder) {
    const auto count = std::ranges::count(ladder.checks, verify::Status::pass, &verify::Check::status);
    return base::msg(N_("{passed} of {all} checks passed"),
                     {{"passed", std::to_string(count)}, {"all", std::to_string(ladder.checks.size())}});
}

void add_line(std::string& out, const Generation& generation, bool current, const Style& style) {
    auto text = fmt::format("{}  {}  {}", local_time(generation.committed_at),
                            padded(visible(generation.provenance.by), 24), profile_of(generation));
    if (generation.provenance.back_to)
        text += "  " + style.say(base::msg(N_("back to {generation}"),
                                           {{"generation", std::to_string(*generation.provenance.back_to)}}));
    const auto number = right_aligned(std::to_string(generation.number), 4);
    out += fmt::format("{}{}  {}\n", current ? style.paint(Tone::good, "*") : " ", number, text);
}

const apply::Input* site_file(const Generation& generation) {
    const auto& inputs = generation.provenance.inputs;
    const auto found = std::ranges::find(inputs, generation.provenance.site, &apply::Input::path);
    return found == inputs.end() ? nullptr : &*found;
}

std::string heading(const char* msgid, const Style& style) {
    return '\n' + style.paint(Tone::strong, style.say(base::msg(msgid))) + '\n';
}

struct Content {
    base::Secret text;
    bool sensitive = false;
    bool kept = true;
};

using Contents = std::map<std::pair<bool, std::string>, Content>;

/// Inputs and written files by their paths.
Contents contents_of(const Generation& generation) {
    Contents contents;
    for (const auto& input : generation.provenance.inputs)
        contents[{true, input.path}] = {.text = input.text,
                                        .sensitive = input.sensitive,
                                        .kept = !input.sensitive || !input.text.empty()};
    for (const auto& file : generation.files)
        if (file.text)
            contents[{false, file.path}] = {.text = base::Secret(*file.text)};
    return contents;
}

FileChange change_of(const std::pair<bool, std::string>& key, const Content* before, const Content* after) {
    FileChange change{.input = key.first,
                      .path = key.second,
                      .before = std::nullopt,
                      .after = std::nullopt,
                      .sensitive =
                          (before != nullptr && before->sensitive) || (after != nullptr && after->sensitive),
                      .changed = std::nullopt};
    if (before == nullptr || after == nullptr)
        change.changed = true;
    else if (before->kept && after->kept)
        change.changed = !(before->text == after->text);
    if (change.sensitive)
        return change;
    if (before != nullptr)
        change.before = std::string(before->text.expose());
    if (after != nullptr)
        change.after = std::string(after->text.expose());
    return change;
}

base::Message said(const FileChange& change) {
    if (!change.changed)
        return base::msg(N_("(holds secrets, which are no longer kept of both)"));
    return base::msg(N_("(holds secrets: changed, its content is not shown)"));
}

std::vector<std::string> lines_or_none(const std::optional<std::string>& text) {
    return text ? lines_of(*text) : std::vector<std::string>();
}

} // namespace

std::string render(std::span<const Generation> generations, std::uint32_t current, const Style& style) {
    std::string out;
    for (const auto& generation : generations | std::views::reverse)
        add_line(out, generation, generation.number == current, style);
    out += '\n';
    out += paragraph("",
                     style.say(base::msg(N_("* stands now. One of them: {command}"),
                                         {{"command", "sudo eligate history N"}})),
                     style.columns);
    return out;
}

Json to_json(std::span<const Generation> generations, std::uint32_t current, const Style& style) {
    auto json = record();
    json["result"] = "history";
    json["generation"] = current;
    json["generations"] = Json::array();
    for (const auto& generation : generations)
        json["generations"].push_back(to_json(generation, style));
    return json;
}

std::string render(const Generation& generation, const Style& style) {
    Table table;
    const auto add = [&](const char* label, std::string text) {
        table.emplace_back(style.say(base::msg(label)), std::move(text));
    };
    add(N_("generation"), std::to_string(generation.number));
    add(N_("applied"), local_time(generation.committed_at));
    add(N_("by"), visible(generation.provenance.by));
    add(N_("profile"), profile_of(generation));
    add(N_("ladder"), style.say(passed(generation.ladder)));
    if (generation.provenance.back_to)
        add(N_("back to"), std::to_string(*generation.provenance.back_to));
    auto out = style.paint(Tone::strong, visible(generation.clinic)) + '\n' + aligned(table, 2, style);
    if (const auto* const site = site_file(generation)) {
        out += '\n' + style.paint(Tone::strong, visible(site->path)) + '\n';
        for (const auto& line : lines_of(site->text.expose()))
            out += fmt::format("    {}\n", visible(line));
    }
    out += heading(N_("Steps"), style);
    for (const auto& step : generation.steps)
        out += paragraph("  - ", style.say(step), style.columns);
    out += heading(N_("What the ladder said"), style);
    for (const auto& check : generation.ladder.checks)
        out += render_line(check, style);
    return out;
}

Json to_json(const Generation& generation, const Style& style) {
    Json json;
    json["number"] = generation.number;
    json["committed_at"] = utc(generation.committed_at);
    json["by"] = generation.provenance.by;
    json["site"] = generation.clinic;
    json["profile"] = generation.profile_id;
    json["revision"] = generation.revision;
    json["back_to"] = generation.provenance.back_to ? Json(*generation.provenance.back_to) : Json(nullptr);
    json["inputs"] = Json::array();
    for (const auto& input : generation.provenance.inputs)
        json["inputs"].push_back({{"path", input.path},
                                  {"sensitive", input.sensitive},
                                  {"text", input.sensitive ? Json(nullptr) : Json(input.text.expose())}});
    json["files"] = Json::array();
    for (const auto& file : generation.files)
        json["files"].push_back({{"path", file.path},
                                 {"mode", fmt::format("{:04o}", file.mode)},
                                 {"text", file.text ? Json(*file.text) : Json(nullptr)}});
    json["steps"] = Json::array();
    for (const auto& step : generation.steps)
        json["steps"].push_back(style.say(step));
    json["checks"] = checks_json(generation.ladder, style);
    return json;
}

std::vector<FileChange> changes_between(const Generation& first, const Generation& second) {
    const auto before = contents_of(first);
    const auto after = contents_of(second);
    auto all = before;
    all.insert(after.begin(), after.end());
    std::vector<FileChange> changes;
    for (const auto& [key, content] : all) {
        const auto old = before.find(key);
        const auto fresh = after.find(key);
        auto change = change_of(key, old == before.end() ? nullptr : &old->second,
                                fresh == after.end() ? nullptr : &fresh->second);
        if (change.changed.value_or(true))
            changes.push_back(std::move(change));
    }
    return changes;
}

std::string render(std::span<const FileChange> changes, const Style& style) {
    if (changes.empty())
        return paragraph("", style.say(base::msg(N_("Inputs and files are the same in both."))),
                         style.columns);
    std::string out;
    for (const bool input : {true, false}) {
        bool first = true;
        for (const auto& change : changes) {
            if (change.input != input)
                continue;
            if (std::exchange(first, false))
                out += (out.empty() ? "" : "\n") +
                       style.paint(Tone::strong, style.say(base::msg(input ? N_("Read") : N_("Written")))) +
                       '\n';
            out += fmt::format("  {}\n", visible(change.path));
            if (change.sensitive)
                out += paragraph("      ", style.say(said(change)), style.columns);
            else
                out += render(difference(lines_or_none(change.before), lines_or_none(change.after)), style);
        }
    }
    return out;
}

Json to_json(std::span<const FileChange> changes) {
    auto list = Json::array();
    for (const auto& change : changes)
        list.push_back({{"kind", change.input ? "input" : "file"},
                        {"path", change.path},
                        {"sensitive", change.sensitive},
                        {"changed", change.changed ? Json(*change.changed) : Json(nullptr)},
                        {"before", change.before ? Json(*change.before) : Json(nullptr)},
                        {"after", change.after ? Json(*change.after) : Json(nullptr)}});
    return list;
}

} // namespace eligate::cli
