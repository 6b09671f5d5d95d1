// SPDX-License-Identifier: Apache-2.0
#include "vici/message.hpp"

#include "vici/wire.hpp"

#include <algorithm>
#include <charconv>

namespace eligate::vici {

Message& Message::add(std::string name, std::string value) {
    m_entries.push_back({.name = std::move(name), .content = std::move(value)});
    return *this;
}

Message& Message::add_secret(std::string name, base::Secret value) {
    m_entries.push_back({.name = std::move(name), .content = std::move(value)});
    return *this;
}

Message& Message::add_list(std::string name, List items) {
    m_entries.push_back({.name = std::move(name), .content = std::move(items)});
    return *this;
}

Message& Message::add_section(std::string name, Message section) {
    m_entries.push_back({.name = std::move(name), .content = std::move(section)});
    return *this;
}

std::span<const Message::Entry> Message::entries() const {
    return m_entries;
}

const Message::Entry* Message::find(std::string_view path) const {
    const auto dot = path.find('.');
    const auto found = std::ranges::find(m_entries, path.substr(0, dot), &Entry::name);
    if (found == m_entries.end())
        return nullptr;
    if (dot == std::string_view::npos)
        return &*found;
    const auto* inner = std::get_if<Message>(&found->content);
    return inner == nullptr ? nullptr : inner->find(path.substr(dot + 1));
}

std::optional<std::string_view> Message::value(std::string_view path) const {
    const Entry* entry = find(path);
    const auto* text = entry == nullptr ? nullptr : std::get_if<std::string>(&entry->content);
    return text == nullptr ? std::nullopt : std::optional<std::string_view>(*text);
}

std::string Message::text(std::string_view path) const {
    return std::string(value(path).value_or(""));
}

bool Message::flag(std::string_view path) const {
    return value(path) == "yes";
}

std::optional<long long> Message::number(std::string_view path) const {
    const auto text = value(path);
    if (!text)
        return std::nullopt;
    long long number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size())
        return std::nullopt;
    return number;
}

List Message::list(std::string_view path) const {
    const Entry* entry = find(path);
    const auto* items = entry == nullptr ? nullptr : std::get_if<List>(&entry->content);
    return items == nullptr ? List{} : *items;
}

const Message* Message::section(std::string_view path) const {
    const Entry* entry = find(path);
    return entry == nullptr ? nullptr : std::get_if<Message>(&entry->content);
}

bool Message::operator==(const Message& other) const {
    return m_entries == other.m_entries;
}

base::Result<base::Secret> encode(const Message& message) {
    ELIGATE_TRY(wire::check(message, 0));
    std::string bytes;
    // One allocation, so that no abandoned buffer keeps a secret.
    bytes.reserve(wire::size_of(message));
    wire::put(bytes, message);
    base::Secret encoded{std::string_view(bytes)};
    base::wipe(bytes);
    return encoded;
}

base::Result<Message> decode(std::string_view bytes) {
    wire::Reader reader(bytes);
    return reader.message();
}

} // namespace eligate::vici
