// SPDX-License-Identifier: Apache-2.0
#include "verify/dns_message.hpp"

#include <algorithm>
#include <limits>

namespace eligate::verify {
namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

constexpr std::size_t header_size = 12;
constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_opt = 41;
constexpr std::uint16_t class_in = 1;
constexpr std::uint16_t option_padding = 12;
constexpr std::size_t most_addresses = 512;
// RFC 1035 section 2.3.4.
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_name = 255;

void put16(Bytes& out, std::size_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8U));
    out.push_back(static_cast<std::uint8_t>(value));
}

std::uint16_t get16(View bytes, std::size_t at) {
    return static_cast<std::uint16_t>((unsigned{bytes[at]} << 8U) | bytes[at + 1]);
}

bool label_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// The name in wire form, lower case; nothing if it is not a name.
std::optional<Bytes> wire_name(std::string_view name) {
    if (name.ends_with('.'))
        name.remove_suffix(1);
    if (name.empty())
        return std::nullopt;
    Bytes out;
    while (true) {
        const auto dot = name.find('.');
        const auto label = name.substr(0, dot);
        if (label.empty() || label.size() > longest_label || !std::ranges::all_of(label, label_byte))
            return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(label.size()));
        for (const char c : label)
            out.push_back(static_cast<std::uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c));
        if (dot == std::string_view::npos)
            break;
        name.remove_prefix(dot + 1);
    }
    out.push_back(0);
    return out.size() > longest_name ? std::nullopt : std::optional(out);
}

/// Where the name at `at` ends. A compression pointer ends it, so there is nothing to follow and no loop.
std::optional<std::size_t> skip_name(View message, std::size_t at) {
    while (at < message.size()) {
        const unsigned length = message[at];
        if (length == 0)
            return at + 1;
        if ((length & 0xc0U) == 0xc0U)
            return at + 2 <= message.size() ? std::optional(at + 2) : std::nullopt;
        if (length > longest_label)
            return std::nullopt;
        at += 1 + length;
    }
    return std::nullopt;
}

/// Our question comes back as it was, but for upper and lower case.
bool same_question(View message, View wire) {
    if (message.size() < header_size + wire.size() + 4)
        return false;
    const auto name = message.subspan(header_size, wire.size());
    const bool same = std::ranges::equal(name, wire, [](std::uint8_t theirs, std::uint8_t ours) {
        return theirs == ours || (theirs >= 'A' && theirs <= 'Z' && theirs - 'A' + 'a' == ours);
    });
    const auto after = header_size + wire.size();
    return same && get16(message, after) == type_a && get16(message, after + 2) == class_in;
}

/// The A records of the answer section; false if the section is broken.
bool read_addresses(View message, std::size_t at, unsigned count, std::vector<net::Address>& addresses) {
    for (; count > 0; --count) {
        const auto fixed = skip_name(message, at);
        if (!fixed || message.size() - *fixed < 10)
            return false;
        const auto type = get16(message, *fixed);
        const auto size = get16(message, *fixed + 8);
        at = *fixed + 10;
        if (message.size() - at < size)
            return false;
        if (type == type_a && get16(message, *fixed + 2) == class_in && size == 4 &&
            addresses.size() < most_addresses)
            addresses.push_back(net::Address::from_bytes(message.subspan(at, 4)).value_or(net::Address{}));
        at += size;
    }
    return true;
}

} // namespace

std::optional<Bytes> encode(const DnsQuestion& question) {
    const auto name = wire_name(question.name);
    if (!name)
        return std::nullopt;
    Bytes out;
    put16(out, question.id);
    put16(out, 0x0100); // recursion desired
    put16(out, 1);      // one question
    put16(out, 0);
    put16(out, 0);
    put16(out, 1); // one additional record: EDNS
    out.insert(out.end(), name->begin(), name->end());
    put16(out, type_a);
    put16(out, class_in);
    out.push_back(0);
    put16(out, type_opt);
    put16(out, question.payload_size);
    put16(out, 0);
    put16(out, 0);
    const std::size_t bare = out.size() + 2;
    const std::size_t option_header = 4;
    if (question.padded_size >= bare + option_header &&
        question.padded_size <= std::numeric_limits<std::uint16_t>::max()) {
        const auto padding = question.padded_size - bare - option_header;
        put16(out, padding + option_header);
        put16(out, option_padding);
        put16(out, padding);
        out.resize(out.size() + padding, 0);
    } else {
        put16(out, 0);
    }
    return out;
}

Bytes framed(View message) {
    Bytes out;
    put16(out, message.size());
    out.insert(out.end(), message.begin(), message.end());
    return out;
}

bool frame_complete(View stream) {
    return stream.size() >= 2 && stream.size() - 2 >= get16(stream, 0);
}

View unframed(View stream) {
    return frame_complete(stream) ? stream.subspan(2, get16(stream, 0)) : View{};
}

std::optional<DnsReply> read_reply(View message, const DnsQuestion& question) {
    const auto name = wire_name(question.name);
    if (!name || message.size() < header_size || get16(message, 0) != question.id)
        return std::nullopt;
    const auto flags = get16(message, 2);
    const bool response = (flags & 0x8000U) != 0;
    if (!response)
        return std::nullopt;
    DnsReply reply{.rcode = static_cast<Rcode>(flags & 0x0fU),
                   .truncated = (flags & 0x0200U) != 0,
                   .size = message.size(),
                   .addresses = {}};
    // A server may leave the question out only when it could not read it.
    if (reply.rcode == Rcode::format_error && get16(message, 4) == 0)
        return reply;
    if (get16(message, 4) != 1 || !same_question(message, *name))
        return std::nullopt;
    const auto answers = header_size + name->size() + 4;
    if (!read_addresses(message, answers, get16(message, 6), reply.addresses) && !reply.truncated)
        return std::nullopt;
    return reply;
}

} // namespace eligate::verify
