// SPDX-License-Identifier: Apache-2.0
/// What this room needs of the outside: files, and what time it is. Functions, so that tests need no disk.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace eligate::profile {

/// The whole content of a regular file. Must never block (FIFO, device), must refuse what is not a regular
/// file and what is larger than max_read_bytes, and answers with the codes file_missing, file_unreadable,
/// file_too_large. A Secret because some of the files are.
using ReadFile = std::function<base::Result<base::Secret>(const std::string& path)>;
inline constexpr std::size_t max_read_bytes = std::size_t{1024} * 1024;

/// The names of the files in a folder, in any order; file_missing if there is no such folder.
using ListFolder = std::function<base::Result<std::vector<std::string>>(const std::string& folder)>;

/// Whether anybody but the owner may read the file; false where that cannot be told.
using OthersMayRead = std::function<bool(const std::string& path)>;

/// The disk as this room sees it.
struct Disk {
    ReadFile read;
    ListFolder list;
    /// Empty: nobody may.
    OthersMayRead others_may_read = {};
};

using Time = std::chrono::system_clock::time_point;

} // namespace eligate::profile
