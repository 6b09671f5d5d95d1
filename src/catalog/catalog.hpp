// SPDX-License-Identifier: Apache-2.0
/// The one table of everything that can go wrong: what `explain`, the man page and the completeness test
/// read. A new failure cause is a row in one of the codes_*.def files beside this one.
#pragma once

#include "base/error.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace eligate::catalog {

/// Who has to act, in the words of the field (design, promise 5).
enum class Party { site, appliance, line, provider, centre, terminal };

/// The process's exit codes; a contract with scripts.
enum class Exit {
    done = 0,
    failed = 1,
    usage = 2,
    invalid = 3,
    pending = 4,
    rolled_back = 5,
    rollback_incomplete = 6,
    interrupted = 130,
};

struct Row {
    base::Code code;
    Party party;
    Exit exit;
    /// Whether doing the same again, with nothing changed, may succeed.
    bool retry;
    const char* summary;
    const char* explanation;
    const char* action;
};

std::span<const Row> rows();

/// Nothing for an id that was never ours.
std::optional<Row> find(std::string_view id);

/// The row of one of our own codes.
const Row& row_of(base::Code code);

/// The contract's word ("provider"), for JSON.
std::string_view id_of(Party party);
/// The word a person reads ("VPN provider").
base::Message name_of(Party party);

namespace code {
#define CODE(name, id, party, exit, retry, summary, explanation, action) inline constexpr base::Code name{id};
#include "catalog/codes.def"
#undef CODE
} // namespace code

} // namespace eligate::catalog
