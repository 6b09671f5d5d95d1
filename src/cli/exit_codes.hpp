// SPDX-License-Identifier: Apache-2.0
/// What each exit code of the process means: one table for --help, explain and the man page.
#pragma once

#include "catalog/catalog.hpp"

#include <span>

namespace eligate::cli {

struct ExitRow {
    catalog::Exit exit;
    /// msgid
    const char* meaning;
};

std::span<const ExitRow> exit_codes();

base::Message meaning_of(catalog::Exit exit);

} // namespace eligate::cli
