// SPDX-License-Identifier: Apache-2.0
/// Files as root must touch them: no link is followed in the last place, nothing blocks on a FIFO, nothing is
/// ever half written, and a secret is 0600 from its first instant.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eligate::linux_adapter {

/// The whole content of a regular file. Errors: file_missing, file_unreadable (also: not a regular file),
/// file_too_large.
base::Result<base::Secret> read_file(const std::string& path, std::size_t limit);

/// Whether the mode lets the group or others read it; false if there is no such file.
bool others_may_read(const std::string& path);

/// The names in a folder, "." and ".." left out; file_missing if there is no such folder.
base::Result<std::vector<std::string>> list_folder(const std::string& path);

struct StoredFile {
    std::uint32_t mode = 0;
    std::uint32_t owner = 0;
    std::uint32_t group = 0;
    base::Secret content;
};

/// Nothing if there is no such file. Errors: file_not_ours for anything but a regular file, system_call.
base::Result<std::optional<StoredFile>> stored_file(const std::string& path);

/// Atomically and durably: a new file beside it (never named *.conf, so that no reader picks it up), fsync,
/// rename, fsync of the folder. Errors: file_not_ours if something else than a regular file of root's is in
/// the way, file_too_large beyond 32 MiB, system_call.
base::Result<> store_file(const std::string& path, const base::Secret& content, std::uint32_t mode);

/// Durably. A file that is not there is a success.
base::Result<> delete_file(const std::string& path);

/// `call` failed with the current errno: code system_call, with the call, the path and the system's words.
base::Error system_error(const char* call, const std::string& path);

} // namespace eligate::linux_adapter
