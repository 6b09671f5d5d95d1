// SPDX-License-Identifier: Apache-2.0
/// The elements that messages and packets are made of on the wire. Only for the files of this room.
#pragma once

#include "vici/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eligate::vici::wire {

/// strongSwan's vici/README.md, "Message format".
enum class Element : std::uint8_t {
    section_start = 1,
    section_end = 2,
    key_value = 3,
    list_start = 4,
    list_item = 5,
    list_end = 6,
};

/// Up to max_name printable ASCII characters, which is what charon's own parser accepts. charon names the
/// global counters "", so an empty name is read, but never sent.
bool is_printable_name(std::string_view name);

/// Sizes, names and depth; value_unfit (IKE005) names the first entry that breaks a limit.
base::Result<> check(const Message& message, std::size_t depth);
std::size_t size_of(const Message& message);
/// `message` has passed check().
void put(std::string& out, const Message& message);
void put_name(std::string& out, std::string_view name);

/// Reads elements from untrusted bytes; every failure is charon_protocol (IKE002) with the offset.
class Reader {
  public:
    explicit Reader(std::string_view bytes)
        : m_bytes(bytes) {}

    /// Everything up to the end of the bytes.
    base::Result<Message> message();
    base::Result<std::uint8_t> byte();
    base::Result<std::string_view> name();

  private:
    base::Result<Message> section(std::size_t depth);
    base::Result<> element(Element type, Message& into, std::size_t depth);
    base::Result<List> list();
    base::Result<std::string_view> value();
    base::Result<std::string_view> take(std::size_t count);
    base::Unexpected broken(base::Message reason) const;

    std::string_view m_bytes;
    std::size_t m_at = 0;
};

} // namespace eligate::vici::wire
