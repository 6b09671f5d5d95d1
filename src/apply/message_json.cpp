// SPDX-License-Identifier: Apache-2.0
#include "apply/message_json.hpp"

#include "catalog/catalog.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <utility>

namespace eligate::apply {
namespace {

using Json = nlohmann::ordered_json;

// A message in a message in a message: no text of ours goes deeper, and a damaged file must not.
constexpr int deepest = 8;

const char* lasting(std::string text) {
    static std::set<std::string> texts;
    return texts.insert(std::move(text)).first->c_str();
}

base::Message read_message(const Json& json, int depth);

base::Argument read_argument(const Json& json, int depth) {
    base::Argument argument{.name = json.at("name").get<std::string>(), .value = {}};
    const auto& value = json.at("value");
    if (value.is_string())
        argument.value = value.get<std::string>();
    else if (value.contains("ja"))
        argument.value =
            base::LocalText{.ja = value.at("ja").get<std::string>(), .en = value.at("en").get<std::string>()};
    else
        argument.value = read_message(value, depth + 1);
    return argument;
}

base::Message read_message(const Json& json, int depth) {
    if (depth > deepest)
        throw nlohmann::json::other_error::create(500, "too deep", &json);
    base::Message message{.msgid = lasting(json.at("text").get<std::string>()), .arguments = {}};
    for (const auto& argument : json.value("arguments", Json::array()))
        message.arguments.push_back(read_argument(argument, depth));
    return message;
}

Json to_json(const base::Argument& argument) {
    Json json{{"name", argument.name}};
    if (const auto* const text = std::get_if<std::string>(&argument.value))
        json["value"] = *text;
    else if (const auto* const local = std::get_if<base::LocalText>(&argument.value))
        json["value"] = Json{{"ja", local->ja}, {"en", local->en}};
    else
        json["value"] = apply::to_json(std::get<base::Message>(argument.value));
    return json;
}

} // namespace

Json to_json(const base::Message& message) {
    Json json{{"text", message.msgid}};
    if (!message.arguments.empty()) {
        auto& arguments = json["arguments"] = Json::array();
        for (const auto& argument : message.arguments)
            arguments.push_back(to_json(argument));
    }
    return json;
}

base::Result<base::Message> message_of(const Json& json) {
    try {
        return read_message(json, 0);
    } catch (const nlohmann::json::exception&) {
        return base::fail(catalog::code::record_damaged, base::msg(N_("eligate's record is not readable")));
    }
}

} // namespace eligate::apply
