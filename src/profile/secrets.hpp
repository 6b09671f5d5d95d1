// SPDX-License-Identifier: Apache-2.0
/// The secrets file: the values of the papers that must not be seen, apart from everything else.
#pragma once

#include "base/secret.hpp"
#include "profile/located.hpp"
#include "profile/toml.hpp"

#include <optional>
#include <string>
#include <vector>

namespace eligate::profile {

struct SiteSecret {
    Located<std::string> key;
    /// Empty if it was malformed, and reported as that.
    base::Secret value;
    base::SourceSpan where;
};

struct Secrets {
    std::string file;
    std::vector<SiteSecret> values;
    base::SourceSpan secrets_where;

    const SiteSecret* find(std::string_view key) const;
};

/// Reports everything that is wrong with the document as a secrets file, without ever repeating a value. What
/// could be understood is returned, for the same reason as a site.
std::optional<Secrets> read_secrets(const Document& document, base::Diagnostics& diagnostics);

} // namespace eligate::profile
