// SPDX-License-Identifier: Apache-2.0
/// eligate's own memory on the machine: /var/lib/eligate, 0700, each file 0600 from its first instant.
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::port {

/// Held while anything changes the machine; released when destroyed.
class Lock {
  public:
    Lock() = default;
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    Lock(Lock&&) = delete;
    Lock& operator=(Lock&&) = delete;
    virtual ~Lock() = default;
};

struct LockWish {
    /// Told to whoever finds it taken: the command's name.
    std::string_view purpose;
    /// How long to wait for somebody else to let go of it.
    std::chrono::seconds patience = {};
    /// Ends the wait.
    const base::Cancel* cancel = nullptr;
    /// Who still has it after that is asked to put everything back (SIGTERM), and killed 30 seconds later.
    bool insist = false;
};

class Store {
  public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    Store(Store&&) = delete;
    Store& operator=(Store&&) = delete;
    virtual ~Store() = default;

    /// Fails with catalog::code::locked if somebody else has it and keeps it; the evidence says who ("pid",
    /// "command") and since when ("since").
    virtual base::Result<std::unique_ptr<Lock>> lock(const LockWish& wish) = 0;
    /// Nothing if there is no such file. `name` is a plain file name.
    virtual base::Result<std::optional<base::Secret>> read(std::string_view name) = 0;
    /// Atomically and durably: written beside, fsynced, renamed, folder fsynced.
    virtual base::Result<> write(std::string_view name, const base::Secret& content) = 0;
    /// Appends one record and fsyncs it.
    virtual base::Result<> append(std::string_view name, const base::Secret& record) = 0;
    /// Atomically and durably, over what stands there.
    virtual base::Result<> rename(std::string_view name, std::string_view to) = 0;
    /// Durably; removing what is not there is a success. Removes the folder with its last file.
    virtual base::Result<> remove(std::string_view name) = 0;
    /// The files that are there; none if there is no folder.
    virtual base::Result<std::vector<std::string>> names() = 0;
    /// Whether a run that was cut off has begun to write a file. It may hold secrets, and nobody reads it.
    virtual bool has_half_written() = 0;
    /// Removes it, and the folder if nothing else is there. Only for the holder of the lock.
    virtual void drop_half_written() = 0;
};

} // namespace eligate::port
