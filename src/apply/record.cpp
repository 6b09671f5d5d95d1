// SPDX-License-Identifier: Apache-2.0
#include "apply/record.hpp"

#include "apply/state_json.hpp"
#include "catalog/catalog.hpp"

#include <nlohmann/json.hpp>

namespace eligate::apply {
namespace {

constexpr const char* file_name = "state.json";
constexpr int version = 1;

} // namespace

base::Result<std::optional<Record>> read_record(port::Store& store) {
    ELIGATE_TRY_ASSIGN(const auto text, store.read(file_name));
    if (!text)
        return std::nullopt;
    ELIGATE_TRY_ASSIGN(const auto json, json_of(text->expose()));
    const auto damaged = [] {
        return base::fail(catalog::code::record_damaged, base::msg(N_("eligate's record is not readable")),
                          {{"file", file_name}});
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
    } catch (const nlohmann::json::exception&) {
        return damaged();
    }
    return record;
}

base::Result<> write_record(port::Store& store, const Record& record) {
    const nlohmann::ordered_json json{{"version", version},
                                      {"generation", record.generation},
                                      {"committed_at", record.committed_at},
                                      {"profile", record.profile_id},
                                      {"revision", record.revision},
                                      {"clinic", record.clinic},
                                      {"proven", record.proven},
                                      {"owned", to_json(record.owned)},
                                      {"baseline", to_json(record.baseline)}};
    return store.write(file_name, text_of(json));
}

base::Result<> delete_record(port::Store& store) {
    return store.remove(file_name);
}

} // namespace eligate::apply
