// SPDX-License-Identifier: Apache-2.0
/// JSON as scripts get it: one record on one stream, "schema": 1, keys always there, absent values null.
#pragma once

#include "base/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace eligate::cli {

using Json = nlohmann::ordered_json;

/// {"schema": 1}, to be filled.
Json record();

Json to_json(const base::Evidence& evidence);
Json to_json(const base::LocalText& text);

/// Indented, with a line end. A broken UTF-8 byte (from a file, from a peer) becomes U+FFFD: a record is
/// always valid JSON.
std::string dumped(const Json& json);

} // namespace eligate::cli
