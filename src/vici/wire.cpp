// SPDX-License-Identifier: Apache-2.0
#include "vici/wire.hpp"

#include "catalog/catalog.hpp"

#include <algorithm>

namespace eligate::vici::wire {
namespace {

namespace code = catalog::code;

base::Unexpected unfit(const std::string& name) {
    return base::fail(code::value_unfit,
                      base::msg(N_("\"{setting}\" does not fit into a message to strongSwan."),
                                {{"setting", name.substr(0, max_name)}}));
}

struct SizeOf {
    // Type, then each name with one byte and each value with two bytes of length in front.
    std::size_t operator()(const std::string& value) const { return 2 + value.size(); }
    std::size_t operator()(const base::Secret& value) const { return 2 + value.size(); }
    std::size_t operator()(const List& items) const {
        std::size_t size = 1;
        for (const auto& item : items)
            size += 3 + item.size();
        return size;
    }
    std::size_t operator()(const Message& section) const { return size_of(section) + 1; }
};

struct Fits {
    std::size_t depth;
    bool operator()(const std::string& value) const { return value.size() <= max_value; }
    bool operator()(const base::Secret& value) const { return value.size() <= max_value; }
    bool operator()(const List& items) const {
        return std::ranges::all_of(items, [](const auto& item) { return item.size() <= max_value; });
    }
    bool operator()(const Message& /*section*/) const { return depth + 1 < max_depth; }
};

void put_byte(std::string& out, std::size_t byte) {
    out += static_cast<char>(static_cast<unsigned char>(byte));
}

void put_type(std::string& out, Element type) {
    put_byte(out, static_cast<std::uint8_t>(type));
}

void put_value(std::string& out, std::string_view value) {
    put_byte(out, value.size() >> 8U);
    put_byte(out, value.size() & 0xffU);
    out += value;
}

struct Put {
    std::string& out;
    const std::string& name;

    void start(Element type) const {
        put_type(out, type);
        put_name(out, name);
    }
    void operator()(const std::string& value) const {
        start(Element::key_value);
        put_value(out, value);
    }
    void operator()(const base::Secret& value) const {
        start(Element::key_value);
        put_value(out, value.expose());
    }
    void operator()(const List& items) const {
        start(Element::list_start);
        for (const auto& item : items) {
            put_type(out, Element::list_item);
            put_value(out, item);
        }
        put_type(out, Element::list_end);
    }
    void operator()(const Message& section) const {
        start(Element::section_start);
        put(out, section);
        put_type(out, Element::section_end);
    }
};

} // namespace

bool is_printable_name(std::string_view name) {
    return name.size() <= max_name && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~'; });
}

base::Result<> check(const Message& message, std::size_t depth) {
    for (const auto& entry : message.entries()) {
        if (entry.name.empty() || !is_printable_name(entry.name) || !std::visit(Fits{depth}, entry.content))
            return unfit(entry.name);
        if (const auto* section = std::get_if<Message>(&entry.content))
            ELIGATE_TRY(check(*section, depth + 1));
    }
    return {};
}

std::size_t size_of(const Message& message) {
    std::size_t size = 0;
    for (const auto& entry : message.entries())
        size += 2 + entry.name.size() + std::visit(SizeOf{}, entry.content);
    return size;
}

void put_name(std::string& out, std::string_view name) {
    put_byte(out, name.size());
    out += name;
}

void put(std::string& out, const Message& message) {
    for (const auto& entry : message.entries())
        std::visit(Put{out, entry.name}, entry.content);
}

base::Unexpected Reader::broken(base::Message reason) const {
    return base::fail(code::charon_protocol, std::move(reason), {{"offset", std::to_string(m_at)}});
}

base::Result<std::string_view> Reader::take(std::size_t count) {
    if (count > m_bytes.size() - m_at)
        return broken(base::msg(N_("strongSwan's message ends too early.")));
    const auto taken = m_bytes.substr(m_at, count);
    m_at += count;
    return taken;
}

base::Result<std::uint8_t> Reader::byte() {
    ELIGATE_TRY_ASSIGN(const std::string_view taken, take(1));
    return static_cast<std::uint8_t>(taken.front());
}

base::Result<std::string_view> Reader::name() {
    ELIGATE_TRY_ASSIGN(const std::uint8_t length, byte());
    ELIGATE_TRY_ASSIGN(const std::string_view name, take(length));
    if (!is_printable_name(name))
        return broken(base::msg(N_("strongSwan's message has a name that is not printable.")));
    return name;
}

base::Result<std::string_view> Reader::value() {
    ELIGATE_TRY_ASSIGN(const std::uint8_t high, byte());
    ELIGATE_TRY_ASSIGN(const std::uint8_t low, byte());
    return take((std::size_t{high} << 8U) | low);
}

base::Result<List> Reader::list() {
    List items;
    for (;;) {
        ELIGATE_TRY_ASSIGN(const std::uint8_t type, byte());
        if (type == static_cast<std::uint8_t>(Element::list_end))
            return items;
        if (type != static_cast<std::uint8_t>(Element::list_item))
            return broken(base::msg(N_("strongSwan's message has something other than an item in a list.")));
        ELIGATE_TRY_ASSIGN(const std::string_view item, value());
        items.emplace_back(item);
    }
}

base::Result<> Reader::element(Element type, Message& into, std::size_t depth) {
    if (type == Element::key_value) {
        ELIGATE_TRY_ASSIGN(const std::string_view key, name());
        ELIGATE_TRY_ASSIGN(const std::string_view text, value());
        into.add(std::string(key), std::string(text));
        return {};
    }
    if (type == Element::list_start) {
        ELIGATE_TRY_ASSIGN(const std::string_view key, name());
        ELIGATE_TRY_ASSIGN(List items, list());
        into.add_list(std::string(key), std::move(items));
        return {};
    }
    if (type == Element::section_start) {
        ELIGATE_TRY_ASSIGN(const std::string_view key, name());
        if (depth + 1 >= max_depth)
            return broken(base::msg(N_("strongSwan's message is nested too deep.")));
        ELIGATE_TRY_ASSIGN(Message inner, section(depth + 1));
        into.add_section(std::string(key), std::move(inner));
        return {};
    }
    return broken(base::msg(N_("strongSwan's message has an element where it must not be.")));
}

base::Result<Message> Reader::section(std::size_t depth) {
    Message message;
    while (m_at < m_bytes.size()) {
        ELIGATE_TRY_ASSIGN(const std::uint8_t type, byte());
        if (depth > 0 && type == static_cast<std::uint8_t>(Element::section_end))
            return message;
        ELIGATE_TRY(element(static_cast<Element>(type), message, depth));
    }
    if (depth > 0)
        return broken(base::msg(N_("strongSwan's message ends inside a section.")));
    return message;
}

base::Result<Message> Reader::message() {
    return section(0);
}

} // namespace eligate::vici::wire
