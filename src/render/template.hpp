// SPDX-License-Identifier: Apache-2.0
/// Text from a mustache template and values, strictly: an unknown name, an unescaped tag or a value that the
/// target syntax cannot hold is an error, never an empty hole in a firewall.
#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eligate::render {

struct Values;
using List = std::vector<Values>;

struct Values {
    /// A string is text, a bool opens or closes a section, a list repeats one.
    std::map<std::string, std::variant<std::string, bool, List>, std::less<>> names;
};

/// The syntax the text will be read in.
enum class Syntax {
    /// nft: words only ([A-Za-z0-9_.:/-]); nothing can be quoted safely, so nothing else is let through.
    nft,
    /// strongswan.conf: values stand inside double quotes in the template.
    strongswan_conf,
    /// dnsmasq.conf: the same words as nft's; a line is an option, and nothing can be quoted.
    dnsmasq,
};

/// `name` is the template's, for the error.
base::Result<std::string> from_template(std::string_view name, const std::string& text, Syntax syntax,
                                        const Values& values);

/// A value inside double quotes of strongswan.conf or swanctl.conf (settings_lexer.l of 5.9.8: only \\ and \"
/// need an escape). Refuses what the lexer would drop or cut: NUL, CR, LF and other control characters.
base::Result<std::string> quoted(std::string_view value);

} // namespace eligate::render
