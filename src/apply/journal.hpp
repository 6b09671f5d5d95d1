// SPDX-License-Identifier: Apache-2.0
/// The list of actions on disk, written before the first of them runs. One record a line: eight hex digits of
/// SHA-256 over the rest, a blank, JSON. The first record holds the change's id, all actions with both
/// values, and the generation that they start from; the others say up to which they are about to run (a batch
/// at a time) and up to which they have run. A torn last line (power cut) is recognised and left out.
///
/// What decides between old and new is the record (record.hpp), not this file: once the record is of another
/// generation than the journal started from, the change was committed, and only its journal is left over;
/// unless the record itself says that it still waits for a person (hold.hpp).
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"
#include "port/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

struct Unfinished {
    /// Six hex digits by chance; empty in a journal of before there were any.
    std::string id;
    /// The generation that stood before; 0 for none.
    std::uint32_t base = 0;
    std::vector<plan::Action> actions;
    /// Actions 0 … begun-1 may have had an effect, actions 0 … done-1 have had theirs.
    std::size_t begun = 0;
    std::size_t done = 0;
};

class Journal {
  public:
    explicit Journal(port::Store& store)
        : m_store(store) {}

    /// The id that the change has from now on.
    base::Result<std::string> begin(std::uint32_t base, const std::vector<plan::Action>& actions);
    /// `count` actions from `index` on are about to run, and all before them have run: one fsync says both.
    base::Result<> doing(std::size_t index, std::size_t count = 1);
    /// The first `count` actions have run.
    base::Result<> done(std::size_t count);
    /// All is as it should be, the new state or the old one.
    base::Result<> close();

    /// What an earlier run left; nothing if it ended well. Errors: record_damaged if not even the first
    /// record can be read, and the store's.
    static base::Result<std::optional<Unfinished>> read(port::Store& store);

  private:
    port::Store& m_store;
};

} // namespace eligate::apply
