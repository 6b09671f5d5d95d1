// SPDX-License-Identifier: Apache-2.0
#include "profile/placeholder.hpp"

namespace eligate::profile {

std::optional<std::vector<TemplatePart>> parts_of(std::string_view text) {
    std::vector<TemplatePart> parts;
    for (std::size_t at = 0; at < text.size();) {
        const auto brace = text.find_first_of("{}", at);
        if (brace != at)
            parts.push_back({.text = text.substr(at, brace - at), .placeholder = false, .offset = at});
        if (brace == std::string_view::npos)
            break;
        const auto close = text.find_first_of("{}", brace + 1);
        if (text[brace] == '}' || close == std::string_view::npos || text[close] == '{' || close == brace + 1)
            return std::nullopt;
        parts.push_back(
            {.text = text.substr(brace + 1, close - brace - 1), .placeholder = true, .offset = brace});
        at = close + 1;
    }
    return parts;
}

std::optional<std::string> only_placeholder(std::string_view text) {
    const auto parts = parts_of(text);
    if (!parts || parts->size() != 1 || !parts->front().placeholder)
        return std::nullopt;
    return std::string(parts->front().text);
}

std::optional<std::string> fill(std::string_view text,
                                const std::function<std::optional<std::string>(std::string_view)>& value_of) {
    const auto parts = parts_of(text);
    if (!parts)
        return std::nullopt;
    std::string filled;
    for (const auto& part : *parts) {
        const auto value = part.placeholder ? value_of(part.text) : std::optional(std::string(part.text));
        if (!value)
            return std::nullopt;
        filled += *value;
    }
    return filled;
}

} // namespace eligate::profile
