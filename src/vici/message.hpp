// SPDX-License-Identifier: Apache-2.0
/// A VICI message as a value (strongSwan's vici/README.md, "Message format"): an ordered tree of sections,
/// key/values and lists. The names are those of swanctl.conf, so the same value is what load-conn sends and
/// what the file renderer writes.
///
/// Encoding and decoding do no I/O. Both refuse what the format or the limits below forbid (IKE005 and
/// IKE002).
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eligate::vici {

/// One byte of length before a name, two before a value.
inline constexpr std::size_t max_name = 255;
inline constexpr std::size_t max_value = 65535;
/// charon's VICI_MESSAGE_SIZE_MAX: it hangs up on a longer frame, and discards its own longer replies.
inline constexpr std::size_t max_frame = std::size_t{512} * 1024;
/// charon nests five deep at most (list-sa); the format itself knows no limit.
inline constexpr std::size_t max_depth = 16;

using List = std::vector<std::string>;

class Message {
  public:
    struct Entry;

    /// Append, in the order they are to be sent. A secret value leaves through the wiped encoding only.
    Message& add(std::string name, std::string value);
    Message& add_secret(std::string name, base::Secret value);
    Message& add_list(std::string name, List items);
    Message& add_section(std::string name, Message section);

    bool empty() const { return m_entries.empty(); }
    std::span<const Entry> entries() const;

    /// `path` names enclosing sections before the last dot: "uptime.since". A section whose own name has a
    /// dot (a foreign connection) is reached through entries() only. Of equal names the first counts. Nothing
    /// if it is absent, of another kind, or secret.
    std::optional<std::string_view> value(std::string_view path) const;
    /// The value or "".
    std::string text(std::string_view path) const;
    /// "yes", as charon writes its flags.
    bool flag(std::string_view path) const;
    /// A decimal number that fits; nothing for anything else.
    std::optional<long long> number(std::string_view path) const;
    /// The list or an empty one.
    List list(std::string_view path) const;
    const Message* section(std::string_view path) const;

    bool operator==(const Message& other) const;

  private:
    const Entry* find(std::string_view path) const;
    std::vector<Entry> m_entries;
};

struct Message::Entry {
    std::string name;
    std::variant<std::string, base::Secret, List, Message> content;
    bool operator==(const Entry& other) const = default;
};

/// The encoding; a Secret because a value may be one.
base::Result<base::Secret> encode(const Message& message);

base::Result<Message> decode(std::string_view bytes);

} // namespace eligate::vici
