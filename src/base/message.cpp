// SPDX-License-Identifier: Apache-2.0
#include "base/message.hpp"

#include <algorithm>
#include <cstring>

namespace eligate::base {
namespace {

const char* as_written(const char* msgid, Language /*language*/) {
    return msgid;
}

std::string text_of(const Argument& argument, Language language, Translate translate) {
    if (const auto* plain = std::get_if<std::string>(&argument.value))
        return *plain;
    if (const auto* local = std::get_if<LocalText>(&argument.value))
        return language == Language::ja ? local->ja : local->en;
    return format(std::get<Message>(argument.value), language, translate);
}

} // namespace

bool Message::operator==(const Message& other) const {
    return std::strcmp(msgid, other.msgid) == 0 && arguments == other.arguments;
}

Message msg(const char* msgid, std::vector<Argument> arguments) {
    return Message{.msgid = msgid, .arguments = std::move(arguments)};
}

std::string format(const Message& message, Language language, Translate translate) {
    if (message.empty())
        return {};
    const std::string_view pattern = translate(message.msgid, language);
    std::string out;
    for (std::size_t at = 0; at < pattern.size();) {
        const auto open = pattern.find('{', at);
        const auto close = open == std::string_view::npos ? open : pattern.find('}', open);
        if (close == std::string_view::npos) {
            out += pattern.substr(at);
            break;
        }
        const auto name = pattern.substr(open + 1, close - open - 1);
        const auto found = std::ranges::find(message.arguments, name, &Argument::name);
        out += pattern.substr(at, open - at);
        out += found == message.arguments.end() ? std::string(pattern.substr(open, close - open + 1))
                                                : text_of(*found, language, translate);
        at = close + 1;
    }
    return out;
}

std::string english(const Message& message) {
    return format(message, Language::en, as_written);
}

} // namespace eligate::base
