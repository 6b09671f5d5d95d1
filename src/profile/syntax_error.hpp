// SPDX-License-Identifier: Apache-2.0
/// toml++'s English sentences about a syntax error, said in ours.
#pragma once

#include "base/diagnostic.hpp"

#include <string_view>

namespace eligate::profile {

/// `description` is toml++'s.
base::Diagnostic syntax_error(std::string_view description, const base::SourceSpan& where);

} // namespace eligate::profile
