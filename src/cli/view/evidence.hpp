// SPDX-License-Identifier: Apache-2.0
/// What was seen, what it means, what to do and who has to do it: the block below every failure.
#pragma once

#include "base/error.hpp"
#include "cli/style.hpp"

#include <string>

namespace eligate::cli {

/// "gateway" as a person reads it ("接続先ゲートウェイ"); a name that is in no table stays as it is.
std::string evidence_name(std::string_view name, const Style& style);

/// One aligned line per piece of evidence, each after `indent` blanks.
std::string render(const base::Evidence& evidence, std::size_t indent, const Style& style);

/// Cause, next action, party and where to read more, from the catalogue's row of `code`.
std::string render_remedy(base::Code code, std::size_t indent, const Style& style);

} // namespace eligate::cli
