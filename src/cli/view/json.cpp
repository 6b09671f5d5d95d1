// SPDX-License-Identifier: Apache-2.0
#include "cli/view/json.hpp"

#include <nlohmann/json.hpp>

namespace eligate::cli {

Json record() {
    Json json;
    json["schema"] = 1;
    return json;
}

Json to_json(const base::Evidence& evidence) {
    auto json = Json::object();
    for (const auto& [name, value] : evidence) {
        // Two servers, say: an object has each key once.
        auto& known = json[name];
        known = known.is_null() ? value : known.get<std::string>() + ", " + value;
    }
    return json;
}

Json to_json(const base::LocalText& text) {
    return {{"ja", text.ja}, {"en", text.en}};
}

std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

} // namespace eligate::cli
