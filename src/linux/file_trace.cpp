// SPDX-License-Identifier: Apache-2.0
#include "linux/file_trace.hpp"

#include "linux/account.hpp"

#include <sys/stat.h>

#include <string>
#include <variant>

namespace eligate::linux_adapter {

std::optional<port::Trace> trace_of(const plan::Resource& committed) {
    const auto* const file = std::get_if<plan::File>(&committed);
    if (file == nullptr)
        return std::nullopt;
    struct stat status{};
    if (::lstat(file->path.c_str(), &status) == 0)
        return port::Trace{.at = status.st_ctim.tv_sec, .owner = name_of(status.st_uid)};
    if (::lstat(file->path.substr(0, file->path.rfind('/')).c_str(), &status) == 0)
        return port::Trace{.at = status.st_ctim.tv_sec, .owner = {}};
    return std::nullopt;
}

} // namespace eligate::linux_adapter
