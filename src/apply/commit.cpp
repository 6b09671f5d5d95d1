// SPDX-License-Identifier: Apache-2.0
#include "apply/commit.hpp"

#include <utility>

namespace eligate::apply {

using base::Result;

std::uint32_t generation_of(const Plan& plan) {
    return plan.record ? plan.record->generation : 0;
}

Record next_record(const Engine& engine, const Goal& goal, const Plan& plan, bool proven) {
    Record record{.generation = generation_of(plan) + 1,
                  .committed_at = engine.now(),
                  .profile_id = goal.profile_id,
                  .revision = goal.revision,
                  .clinic = goal.clinic,
                  .proven = proven,
                  .owned = goal.desired,
                  .baseline = {}};
    for (const auto& [key, resource] : record.owned) {
        const bool ours_before = plan.record && plan.record->owned.contains(key);
        const auto& source = ours_before ? plan.record->baseline : plan.observed;
        if (const auto found = source.find(key); found != source.end())
            record.baseline.insert(*found);
    }
    return record;
}

Generation next_generation(const Goal& goal, const Plan& plan, const Record& record,
                           const verify::Report& report) {
    Generation generation{.number = record.generation,
                          .committed_at = record.committed_at,
                          .profile_id = record.profile_id,
                          .revision = record.revision,
                          .clinic = record.clinic,
                          .provenance = goal.provenance,
                          .steps = {},
                          .ladder = report,
                          .files = {}};
    for (const auto& action : plan.actions)
        generation.steps.push_back(plan::describe(action, plan::Tense::plan));
    for (const auto& [key, resource] : record.owned)
        if (const auto* const file = std::get_if<plan::File>(&resource))
            generation.files.push_back(kept(*file));
    return generation;
}

Result<> commit(const Engine& engine, const Plan& plan, const Generation& generation, const Record& record) {
    ELIGATE_TRY(write_generation(engine.store, generation));
    if (record.hold && plan.record)
        ELIGATE_TRY(write_earlier_record(engine.store, *plan.record));
    auto written = write_record(engine.store, record);
    return !written && is_decided(engine, record.generation) ? Result<>() : written;
}

bool is_decided(const Engine& engine, std::uint32_t generation) {
    const auto record = read_record(engine.store);
    return record && (*record ? (*record)->generation : 0) == generation;
}

void close(const Engine& engine, Journal& journal, std::uint32_t newest) {
    if (prune_generations(engine.store, newest) && delete_earlier_record(engine.store))
        static_cast<void>(journal.close());
}

} // namespace eligate::apply
