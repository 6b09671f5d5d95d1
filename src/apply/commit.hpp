// SPDX-License-Identifier: Apache-2.0
/// The end of a change that succeeded: its generation, its record, and the journal that is no longer needed.
#pragma once

#include "apply/transaction.hpp"

#include <cstdint>

namespace eligate::apply {

/// 0 before the first commit.
std::uint32_t generation_of(const Plan& plan);

Record next_record(const Engine& engine, const Goal& goal, const Plan& plan, bool proven);
Generation next_generation(const Goal& goal, const Plan& plan, const Record& record,
                           const verify::Report& report);

/// The generation first, and for a held change the record that may come back: the record that names it is
/// what decides.
base::Result<> commit(const Engine& engine, const Plan& plan, const Generation& generation,
                      const Record& record);

/// Whether the record is the new one although writing it failed: at the very end, in the fsync of its folder.
/// What stands there decides, now and after a power cut: either this rename and the end of the journal are
/// both lost, or neither is.
bool is_decided(const Engine& engine, std::uint32_t generation);

/// The record has decided, or everything is back: a journal that cannot be taken away tells the next run
/// nothing else, and makes it tidy up what could not be tidied up here.
void close(const Engine& engine, Journal& journal, std::uint32_t newest);

} // namespace eligate::apply
