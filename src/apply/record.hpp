// SPDX-License-Identifier: Apache-2.0
/// What eligate remembers of its last commit: the state it made, and what stood in those places before it
/// came.
#pragma once

#include "base/result.hpp"
#include "plan/resource.hpp"
#include "port/store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace eligate::apply {

/// A commit that counts only once a person has confirmed it.
struct Hold {
    /// The id of its journal, which still stands; what `eligate confirm` is given.
    std::string change;
    /// The boot in which it is valid, and until when in it (port::Uptime). A reboot ends it: nobody is logged
    /// in any more who could find out that he can log in again.
    std::string boot;
    std::int64_t until = 0;
};

struct Record {
    /// Counts commits, from 1.
    std::uint32_t generation = 0;
    /// Seconds since the epoch.
    std::int64_t committed_at = 0;
    std::string profile_id;
    std::uint32_t revision = 0;
    std::string clinic;
    /// False: kept although the provider's or the centre's part of the ladder failed.
    bool proven = true;
    /// When a tunnel through which nothing came back was last begun anew (revive.hpp); 0: never. Seconds
    /// since the epoch.
    std::int64_t renewed_at = 0;
    std::optional<Hold> hold = std::nullopt;
    /// The resources that are ours.
    plan::State owned;
    /// What stood under the same keys before our first commit; a key that is absent here was absent there.
    plan::State baseline;
};

/// Nothing if this machine was never committed to. Errors: record_damaged, and the store's.
base::Result<std::optional<Record>> read_record(port::Store& store);
base::Result<> write_record(port::Store& store, const Record& record);
base::Result<> delete_record(port::Store& store);

/// The record that a held change has replaced: kept beside it as long as it may have to come back.
base::Result<std::optional<Record>> read_earlier_record(port::Store& store);
base::Result<> write_earlier_record(port::Store& store, const Record& record);
base::Result<> delete_earlier_record(port::Store& store);
/// It is the record again. Takes no room on a full disk.
base::Result<> restore_earlier_record(port::Store& store);

} // namespace eligate::apply
