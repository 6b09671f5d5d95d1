// SPDX-License-Identifier: Apache-2.0
/// What a string of the files may be. Everything that goes on to strongSwan, the kernel, the firewall or a
/// path is one of these, and each is a whitelist.
#pragma once

#include "base/message.hpp"

#include <cstdint>
#include <string_view>

namespace eligate::profile {

enum class Word : std::uint8_t {
    /// Profile and network ids; also a file name.
    id,
    /// Keys of intake values and ids of services.
    key,
    /// A name to resolve.
    host_name,
    /// A name to resolve, or an address.
    host,
    domain,
    interface_name,
    /// An absolute path, or one below the folder of the papers.
    path,
    phone,
    /// For people's eyes only: any visible text on one line.
    display,
    /// "2024", "2024-10", "2024-10-05".
    date,
    /// For a later, stricter look: bounded, nothing hidden in it.
    any,
};

/// Whether people call a secret by such a key ("psk", "PASSWORD1").
bool sounds_secret(std::string_view key);

bool is(Word word, std::string_view text);
/// "a host name"
base::Message name_of(Word word);
/// What it may hold, as a hint; empty for any.
base::Message rule_of(Word word);

} // namespace eligate::profile
