// SPDX-License-Identifier: Apache-2.0
#include "linux/file.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace eligate::linux_adapter {
namespace {

using base::msg;
using base::Result;
using base::UniqueFd;
namespace code = catalog::code;

/// A bound on what observing may read into memory. Larger than any file of ours: a journal that puts 10,240
/// destinations of a site in place of 10,240 others has a good 12 MB.
constexpr std::size_t largest_stored = std::size_t{32} * 1024 * 1024;

struct Place {
    UniqueFd folder;
    std::string name;
};

Result<Place> place_of(const std::string& path) {
    const auto slash = path.rfind('/');
    const auto folder = slash == 0 ? "/" : path.substr(0, slash);
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd)
        return base::Unexpected(system_error("open", folder));
    return Place{.folder = std::move(fd), .name = path.substr(slash + 1)};
}

/// Reads to the end, but at most one byte more than `limit`.
Result<base::Secret> read_all(int fd, const std::string& path, std::size_t limit, std::size_t expected) {
    std::vector<char> buffer(std::min(expected, limit) + 1);
    std::size_t filled = 0;
    while (filled <= limit) {
        if (filled == buffer.size()) {
            std::vector<char> longer(std::min(buffer.size() * 2, limit + 1));
            std::copy(buffer.begin(), buffer.end(), longer.begin());
            base::wipe(buffer);
            buffer = std::move(longer);
        }
        const auto got = ::read(fd, buffer.data() + filled, buffer.size() - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return base::Unexpected(system_error("read", path));
        if (got == 0)
            break;
        filled += static_cast<std::size_t>(got);
    }
    base::Secret content(std::string_view(buffer.data(), filled));
    base::wipe(buffer);
    return content;
}

Result<> write_all(int fd, const std::string& path, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return base::Unexpected(system_error("write", path));
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

base::Unexpected not_ours(const std::string& path) {
    return base::fail(code::file_not_ours, msg(N_("{path} is not a plain file of root's"), {{"path", path}}),
                      {{"path", path}});
}

base::Unexpected too_large(const std::string& path, std::size_t limit, std::size_t size) {
    return base::fail(
        code::file_too_large,
        msg(N_("{path} is larger than {limit} bytes"), {{"path", path}, {"limit", std::to_string(limit)}}),
        {{"path", path}, {"size", std::to_string(size)}});
}

/// Always the same: what a run that was cut off had begun to write is found by the next one. Only root writes
/// in these folders, and only the holder of the lock does.
std::string temporary_name(const std::string& name) {
    return fmt::format(".{}.new", name);
}

} // namespace

base::Error system_error(const char* call, const std::string& path) {
    const auto reason = std::generic_category().message(errno);
    return {.code = code::system_call,
            .what = msg(N_("{call} {path}: {reason}"), {{"call", call}, {"path", path}, {"reason", reason}}),
            .evidence = {{"call", call}, {"path", path}, {"error", reason}}};
}

Result<base::Secret> read_file(const std::string& path, std::size_t limit) {
    // O_NONBLOCK: opening a FIFO must not wait for a writer. It has no effect on a regular file.
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd) {
        const auto failure = system_error("open", path);
        return base::fail(errno == ENOENT || errno == ENOTDIR ? code::file_missing : code::file_unreadable,
                          failure.what, failure.evidence);
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0)
        return base::Unexpected(system_error("fstat", path));
    if (!S_ISREG(status.st_mode))
        return base::fail(code::file_unreadable, msg(N_("{path} is not a regular file"), {{"path", path}}),
                          {{"path", path}});
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > limit)
        return too_large(path, limit, size);
    ELIGATE_TRY_ASSIGN(auto content, read_all(fd.get(), path, limit, size));
    if (content.size() > limit)
        return too_large(path, limit, content.size());
    return content;
}

bool others_may_read(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

Result<std::vector<std::string>> list_folder(const std::string& path) {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
    if (!folder) {
        const auto failure = system_error("opendir", path);
        return base::fail(errno == ENOENT || errno == ENOTDIR ? code::file_missing : code::file_unreadable,
                          failure.what, failure.evidence);
    }
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(folder.get())) {
        std::string name(static_cast<const char*>(entry->d_name));
        if (name != "." && name != "..")
            names.push_back(std::move(name));
    }
    return names;
}

Result<std::optional<StoredFile>> stored_file(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW));
    if (!fd) {
        if (errno == ENOENT)
            return std::nullopt;
        if (errno == ELOOP)
            return not_ours(path);
        return base::Unexpected(system_error("open", path));
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0)
        return base::Unexpected(system_error("fstat", path));
    if (!S_ISREG(status.st_mode))
        return not_ours(path);
    ELIGATE_TRY_ASSIGN(auto content,
                       read_all(fd.get(), path, largest_stored, static_cast<std::size_t>(status.st_size)));
    return StoredFile{.mode = status.st_mode & 07777U,
                      .owner = status.st_uid,
                      .group = status.st_gid,
                      .content = std::move(content)};
}

Result<> store_file(const std::string& path, const base::Secret& content, std::uint32_t mode) {
    // What could not be read back would be a journal that nobody can go back by.
    if (content.size() > largest_stored)
        return too_large(path, largest_stored, content.size());
    ELIGATE_TRY_ASSIGN(const auto place, place_of(path));
    struct stat status{};
    if (::fstatat(place.folder.get(), place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() ||
         (status.st_mode & (S_IWGRP | S_IWOTH)) != 0))
        return not_ours(path);
    const auto temporary = temporary_name(place.name);
    // Not opened again: its mode was chosen by whoever made it.
    ::unlinkat(place.folder.get(), temporary.c_str(), 0);
    const auto flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const UniqueFd fd(::openat(place.folder.get(), temporary.c_str(), flags, 0600));
    if (!fd)
        return base::Unexpected(system_error("open", path));
    const auto finish = [&]() -> Result<> {
        ELIGATE_TRY(write_all(fd.get(), path, content.expose()));
        // The umask had no say in 0600, and has none in the final mode.
        if (::fchmod(fd.get(), mode) != 0)
            return base::Unexpected(system_error("fchmod", path));
        if (::fsync(fd.get()) != 0)
            return base::Unexpected(system_error("fsync", path));
        if (::renameat(place.folder.get(), temporary.c_str(), place.folder.get(), place.name.c_str()) != 0)
            return base::Unexpected(system_error("rename", path));
        if (::fsync(place.folder.get()) != 0)
            return base::Unexpected(system_error("fsync", path));
        return {};
    };
    auto finished = finish();
    if (!finished)
        ::unlinkat(place.folder.get(), temporary.c_str(), 0);
    return finished;
}

Result<> delete_file(const std::string& path) {
    auto place = place_of(path);
    if (!place)
        return errno == ENOENT ? Result<>() : base::Unexpected(std::move(place).error());
    ::unlinkat(place->folder.get(), temporary_name(place->name).c_str(), 0);
    if (::unlinkat(place->folder.get(), place->name.c_str(), 0) != 0)
        return errno == ENOENT ? Result<>() : base::Unexpected(system_error("unlink", path));
    if (::fsync(place->folder.get()) != 0)
        return base::Unexpected(system_error("fsync", path));
    return {};
}

} // namespace eligate::linux_adapter
