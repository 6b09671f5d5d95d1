// SPDX-License-Identifier: Apache-2.0
/// What the machine's own log is told of a run. Always in English, whatever the person reads: it stands
/// between strongSwan's and the kernel's lines, and is searched by programs. Of an error only its code and
/// what the catalogue says of it: evidence and messages stay with the person, so no value of a site or of a
/// peer gets into a log that others may read.
#pragma once

#include "apply/restore.hpp"
#include "apply/transaction.hpp"
#include "port/system_log.hpp"
#include "verify/check.hpp"
#include "verify/ladder.hpp"

#include <cstdint>
#include <string>

namespace eligate::cli {

/// Whose run it was.
struct Origin {
    std::string profile_id;
    /// 0: nothing was ever committed.
    std::uint32_t generation = 0;
};

/// Nothing for an apply that changed nothing.
void log_apply(port::SystemLog& log, const apply::Outcome& outcome, const Origin& origin);
void log_removal(port::SystemLog& log, const apply::Outcome& outcome, const Origin& origin);
/// Nothing where all stood.
void log_restore(port::SystemLog& log, const apply::Restoration& restoration);
void log_revival(port::SystemLog& log, const apply::Restoration& restoration);
void log_renewal(port::SystemLog& log, const apply::Restoration& restoration);
/// One entry for each check that failed.
void log_verify(port::SystemLog& log, const verify::Report& report, const Origin& origin);

} // namespace eligate::cli
