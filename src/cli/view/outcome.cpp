// SPDX-License-Identifier: Apache-2.0
#include "cli/view/outcome.hpp"

#include "cli/view/by_hand.hpp"
#include "cli/view/error.hpp"
#include "cli/view/plan.hpp"
#include "cli/view/report.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace eligate::cli {

using apply::End;
using apply::Outcome;
using catalog::Exit;

Exit exit_of(const Outcome& outcome) {
    const bool interrupted = outcome.error && outcome.error->code == catalog::code::interrupted;
    switch (outcome.end) {
    case End::unchanged:
    case End::committed:
        return Exit::done;
    case End::held:
        return Exit::pending;
    case End::untouched:
        return interrupted ? Exit::interrupted : Exit::failed;
    case End::rolled_back:
        // Without an error somebody has asked for just this.
        if (!outcome.error)
            return Exit::done;
        return interrupted ? Exit::interrupted : Exit::rolled_back;
    case End::incomplete:
        return Exit::rollback_incomplete;
    }
    return Exit::failed;
}

std::string_view id_of(End end) {
    switch (end) {
    case End::unchanged:
        return "unchanged";
    case End::committed:
        return "committed";
    case End::held:
        return "held";
    case End::untouched:
        return "untouched";
    case End::rolled_back:
        return "rolled_back";
    case End::incomplete:
        return "incomplete";
    }
    return "";
}

std::string render_leftover(std::span<const plan::Action> leftover, const Style& style) {
    std::string out;
    std::size_t number = 0;
    for (const auto& action : leftover) {
        out += paragraph(fmt::format("{:>3}. ", ++number),
                         style.say(plan::describe(action, plan::Tense::plan)), style.columns);
        if (const auto line = by_hand(action); !line.empty())
            out += fmt::format("     {}\n", visible(line));
    }
    return out;
}

std::string render_waiting(const apply::Waiting& waiting, const Style& style) {
    const auto line = [&](const char* msgid, const std::string& command) {
        return style.say(base::msg(msgid, {{"command", command}})) + '\n';
    };
    return line(N_("To keep it, in a new session: {command}"), "sudo eligate confirm " + waiting.change) +
           line(N_("To put it back at once: {command}"), "sudo eligate rollback --held " + waiting.change);
}

Json hold_json(const std::optional<apply::Waiting>& waiting) {
    if (!waiting)
        return nullptr;
    return {{"change", waiting->change}, {"seconds", waiting->left.count()}};
}

void put_outcome(Json& json, const Outcome& outcome, const Style& style) {
    json["result"] = id_of(outcome.end);
    json["generation"] = outcome.generation > 0 ? Json(outcome.generation) : Json(nullptr);
    const bool stands = outcome.end == End::committed || outcome.end == End::held;
    json["proven"] = stands ? Json(outcome.proven) : Json(nullptr);
    json["hold"] = hold_json(outcome.waiting);
    json["actions"] = to_json(outcome.actions, style);
    json["verify"] = nullptr;
    if (outcome.report)
        json["verify"] = {{"result", outcome.report->passed() ? "pass" : "fail"},
                          {"checks", checks_json(*outcome.report, style)}};
    json["error"] = outcome.error ? to_json(*outcome.error, style) : Json(nullptr);
    json["faults"] = Json::array();
    for (const auto& fault : outcome.faults)
        json["faults"].push_back(to_json(fault, style));
    json["leftover"] = to_json(outcome.leftover, style);
}

} // namespace eligate::cli
