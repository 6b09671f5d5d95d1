// SPDX-License-Identifier: Apache-2.0
/// A row of the catalogue of codes.
#pragma once

#include "catalog/catalog.hpp"
#include "cli/style.hpp"
#include "cli/view/json.hpp"

#include <string>

namespace eligate::cli {

std::string render(const catalog::Row& row, const Style& style);
Json to_json(const catalog::Row& row, const Style& style);

} // namespace eligate::cli
