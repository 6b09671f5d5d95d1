// SPDX-License-Identifier: Apache-2.0
#include "profile/word.hpp"

#include "base/ascii.hpp"
#include "net/address.hpp"
#include "profile/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace eligate::profile {
namespace {

using base::msg;

constexpr std::size_t longest_id = 63;
constexpr std::size_t longest_key = 32;
// RFC 1035 section 2.3.4.
constexpr std::size_t longest_name = 253;
constexpr std::size_t longest_label = 63;
// IFNAMSIZ - 1.
constexpr std::size_t longest_interface = 15;
constexpr std::size_t longest_path = 255;
constexpr std::size_t longest_phone = 30;
constexpr std::size_t longest_display = 200;
constexpr std::size_t longest_any = 1024;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_alphanumeric(char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

bool holds_only(std::string_view text, bool (*letters)(char), std::string_view marks) {
    return std::ranges::all_of(text,
                               [&](char c) { return letters(c) || marks.find(c) != std::string_view::npos; });
}

bool is_lower_or_digit(char c) {
    return is_lower(c) || is_digit(c);
}

bool is_id(std::string_view text) {
    return text.size() <= longest_id && is_lower_or_digit(text.front()) && text.back() != '-' &&
           holds_only(text, is_lower_or_digit, "-");
}

bool is_key(std::string_view text) {
    return text.size() <= longest_key && is_lower(text.front()) && holds_only(text, is_lower_or_digit, "_-");
}

/// RFC 1123 section 2.1, without a trailing dot. A last label of digits only would be taken for an address.
bool is_name(std::string_view text) {
    if (text.size() > longest_name)
        return false;
    std::string_view label;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('.', begin), text.size());
        label = text.substr(begin, end - begin);
        if (label.empty() || label.size() > longest_label || label.front() == '-' || label.back() == '-' ||
            !holds_only(label, is_alphanumeric, "-"))
            return false;
        begin = end + 1;
    }
    return !std::ranges::all_of(label, is_digit);
}

bool is_interface(std::string_view text) {
    // dev_valid_name() of the kernel takes more; these are what people and udev use.
    return text.size() <= longest_interface && is_alphanumeric(text.front()) &&
           holds_only(text, is_alphanumeric, "._-");
}

bool is_path(std::string_view text) {
    if (text.size() > longest_path || text.back() == '/' || !holds_only(text, is_alphanumeric, "/._-"))
        return false;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find('/', begin), text.size());
        const auto part = text.substr(begin, end - begin);
        if (part == "." || part == ".." || (part.empty() && begin != 0))
            return false;
        begin = end + 1;
    }
    return true;
}

bool is_display(std::string_view text, std::size_t longest) {
    std::size_t count = 0;
    bool visible = false;
    while (!text.empty()) {
        const auto character = first_character(text);
        if (!character || is_hidden(character->value) || character->value < 0x20 || ++count > longest)
            return false;
        visible = visible || (character->value != ' ' && character->value != 0x3000);
        text.remove_prefix(character->bytes);
    }
    return visible;
}

bool is_date(std::string_view text) {
    if (text.size() != 4 && text.size() != 7 && text.size() != 10)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((i == 4 || i == 7) ? text[i] != '-' : !is_digit(text[i]))
            return false;
    const auto month = text.size() > 4 ? text.substr(5, 2) : "01";
    const auto day = text.size() > 7 ? text.substr(8, 2) : "01";
    return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

} // namespace

bool sounds_secret(std::string_view key) {
    constexpr auto words = std::to_array<std::string_view>(
        {"psk", "secret", "password", "passwd", "passphrase", "preshared", "pre-shared", "pre_shared"});
    const auto lower = base::lowered(key);
    return std::ranges::any_of(words,
                               [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool is(Word word, std::string_view text) {
    if (text.empty())
        return false;
    switch (word) {
    case Word::id:
        return is_id(text);
    case Word::key:
        return is_key(text);
    case Word::host_name:
    case Word::domain:
        return is_name(text);
    case Word::host:
        return is_name(text) || net::Address::parse(text);
    case Word::interface_name:
        return is_interface(text);
    case Word::path:
        return is_path(text);
    case Word::phone:
        return text.size() <= longest_phone && holds_only(text, is_digit, "+-() ");
    case Word::display:
        return is_display(text, longest_display);
    case Word::date:
        return is_date(text);
    case Word::any:
        return is_display(text, longest_any);
    }
    return false;
}

base::Message name_of(Word word) {
    switch (word) {
    case Word::id:
        return msg(N_("an id"));
    case Word::key:
        return msg(N_("a key"));
    case Word::host_name:
        return msg(N_("a host name"));
    case Word::host:
        return msg(N_("a host name or address"));
    case Word::domain:
        return msg(N_("a domain"));
    case Word::interface_name:
        return msg(N_("an interface name"));
    case Word::path:
        return msg(N_("a file's path"));
    case Word::phone:
        return msg(N_("a phone number"));
    case Word::display:
    case Word::any:
        return msg(N_("a text"));
    case Word::date:
        return msg(N_("a date"));
    }
    return {};
}

base::Message rule_of(Word word) {
    switch (word) {
    case Word::id:
        return msg(N_("lower-case letters, digits and hyphens, for example example-psk"));
    case Word::key:
        return msg(N_("lower-case letters, digits and underscores, for example connection_id"));
    case Word::host_name:
        return msg(N_("letters, digits and hyphens, parts joined by dots, for example vpn1.example.net"));
    case Word::host:
        return msg(N_("for example vpn1.example.net or 203.0.113.11"));
    case Word::domain:
        return msg(N_("letters, digits and hyphens, parts joined by dots, without a dot at either end"));
    case Word::interface_name:
        return msg(N_("at most 15 letters, digits, dots, hyphens and underscores, for example eth0"));
    case Word::path:
        return msg(N_("letters, digits, dots, hyphens and underscores, without .. in it, for example "
                      "/etc/eligate/client.p12"));
    case Word::phone:
        return msg(N_("digits, blanks and + - ( ) only, for example 03-0000-0000"));
    case Word::display:
        return msg(N_("one line of visible text, at most 200 characters"));
    case Word::date:
        return msg(N_("year, year and month, or the whole date, for example 2024-10-05"));
    case Word::any:
        break;
    }
    return {};
}

} // namespace eligate::profile
