// SPDX-License-Identifier: Apache-2.0
#include "cli/view/drift.hpp"

#include "cli/view/plan.hpp"
#include "cli/view/standing.hpp"
#include "cli/width.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>
#include <span>

namespace eligate::cli {
namespace {

base::Message sentence_of(const apply::Drift& drift) {
    const base::Argument resource{.name = "resource", .value = drift.back.key()};
    const auto& trace = drift.trace;
    if (!trace)
        return drift.back.before ? base::msg(N_("{resource} was changed"), {resource})
                                 : base::msg(N_("{resource} is gone"), {resource});
    const base::Argument time{.name = "time", .value = local_time(trace->at)};
    if (!drift.back.before)
        return base::msg(N_("{resource} is gone, since {time}"), {resource, time});
    return base::msg(N_("{resource} was changed at {time} and belongs to {owner}"),
                     {resource, time, {.name = "owner", .value = trace->owner}});
}

} // namespace

std::string render(const std::vector<apply::Drift>& drift, const apply::Record& since, const Style& style) {
    if (drift.empty())
        return {};
    auto out =
        paragraph("",
                  style.say(base::msg(N_("Changed by somebody else since generation {generation} ({time}):"),
                                      {{"generation", std::to_string(since.generation)},
                                       {"time", local_time(since.committed_at)}})),
                  style.columns);
    for (const auto& one : drift)
        out += paragraph("  ", style.say(sentence_of(one)), style.columns);
    return out;
}

Json to_json(const std::vector<apply::Drift>& drift, const Style& style) {
    std::vector<plan::Action> actions;
    std::ranges::transform(drift, std::back_inserter(actions), &apply::Drift::back);
    auto json = to_json(std::span<const plan::Action>(actions), style);
    for (std::size_t i = 0; i < drift.size(); ++i) {
        const auto& trace = drift[i].trace;
        json[i]["since"] = trace ? Json(utc(trace->at)) : Json(nullptr);
        json[i]["owner"] = trace && !trace->owner.empty() ? Json(trace->owner) : Json(nullptr);
    }
    return json;
}

} // namespace eligate::cli
