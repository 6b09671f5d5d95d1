// SPDX-License-Identifier: Apache-2.0
/// What somebody would write into a profile to make it more than data: the ends of other syntaxes.
#pragma once

#include <array>
#include <string_view>

namespace eligate::test {

using namespace std::string_view_literals;

inline constexpr auto hostile_texts = std::to_array<std::string_view>({
    "}",
    "{",
    "\"",
    "'",
    "\\",
    "\n",
    "\r",
    "\0"sv,
    "\t",
    ";",
    "#",
    ",",
    "$(reboot)",
    "`reboot`",
    "%any",
    "%s",
    "*",
    "../../etc/shadow",
    "include",
    "\ninclude /etc/shadow\n",
    "\" }\nconnections { evil { } }\n",
    "; add rule inet eligate out accept; #",
    "} flush ruleset {",
    "{{{secret}}}",
    "\x1b[2J",
    "\u202e",
    "\u3000",
    "<script>alert(1)</script>",
    "-----BEGIN PRIVATE KEY-----",
});

} // namespace eligate::test
