// SPDX-License-Identifier: Apache-2.0
#include "apply/record.hpp"

#include "apply/state_json.hpp"
#include "catalog/catalog.hpp"

#include <nlohmann/json.hpp>

namespace eligate::apply {
namespace {

constexpr const char* file_name = "state.json";
constexpr int version = 1;

/// What a held change replaced, as it was.
constexpr const char* earlier_name = "earlier.json";

std::optional<Hold> hold_of(const nlohmann::ordered_json& json) {
    if (!json.contains("hold"))
        return std::nullopt;
    const auto& hold = json.at("hold");
    return Hold{.change = hold.at("change").get<std::string>(),
                .boot = hold.at("boot").get<std::string>(),
                .until = hold.at("until").get<std::int64_t>()};
}

nlohmann::ordered_json all_of(const Record& record) {
    nlohmann::ordered_json json{{"version", version},
                                {"generation", record.generation},
                                {"committed_at", record.committed_at},
                                {"profile", record.profile_id},
                                {"revision", record.revision},
                                {"clinic", record.clinic},
                                {"proven", record.proven}};
    if (record.renewed_at != 0)
        json["renewed_at"] = record.renewed_at;
    if (record.hold)
        json["hold"] = {
            {"change", record.hold->change}, {"boot", record.hold->boot}, {"until", record.hold->until}};
    json["owned"] = to_json(record.owned);
    json["baseline"] = to_json(record.baseline);
    return json;
}

base::Result<std::optional<Record>> read_from(port::Store& store, const char* name) {
    ELIGATE_TRY_ASSIGN(const auto text, store.read(name));
    if (!text)
        return std::nullopt;
    ELIGATE_TRY_ASSIGN(const auto json, json_of(text->expose()));
    const auto damaged = [name] {
        return base::fail(catalog::code::record_damaged, base::msg(N_("eligate's record is not readable")),
                          {{"file", name}});
    };
    if (!json.is_object() || json.value("version", 0) != version || !json.contains("owned") ||
        !json.contains("baseline"))
        return damaged();
    Record record;
    ELIGATE_TRY_ASSIGN(record.owned, state_of(json["owned"]));
    ELIGATE_TRY_ASSIGN(record.baseline, state_of(json["baseline"]));
    try {
        record.generation = json.at("generation").get<std::uint32_t>();
        record.committed_at = json.at("committed_at").get<std::int64_t>();
        record.profile_id = json.at("profile").get<std::string>();
        record.revision = json.at("revision").get<std::uint32_t>();
        record.clinic = json.at("clinic").get<std::string>();
        // Records of before could only be proven.
        record.proven = json.value("proven", true);
        record.renewed_at = json.value("renewed_at", std::int64_t{0});
        record.hold = hold_of(json);
    } catch (const nlohmann::json::exception&) {
        return damaged();
    }
    return record;
}

} // namespace

base::Result<std::optional<Record>> read_record(port::Store& store) {
    return read_from(store, file_name);
}

base::Result<> write_record(port::Store& store, const Record& record) {
    return store.write(file_name, text_of(all_of(record)));
}

base::Result<> delete_record(port::Store& store) {
    return store.remove(file_name);
}

base::Result<> write_earlier_record(port::Store& store, const Record& record) {
    return store.write(earlier_name, text_of(all_of(record)));
}

base::Result<std::optional<Record>> read_earlier_record(port::Store& store) {
    return read_from(store, earlier_name);
}

base::Result<> delete_earlier_record(port::Store& store) {
    // Hardly ever there: looking costs a disk nothing.
    ELIGATE_TRY_ASSIGN(const auto there, store.read(earlier_name));
    return there ? store.remove(earlier_name) : base::Result<>();
}

base::Result<> restore_earlier_record(port::Store& store) {
    return store.rename(earlier_name, file_name);
}

} // namespace eligate::apply
