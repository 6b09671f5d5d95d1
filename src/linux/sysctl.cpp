// SPDX-License-Identifier: Apache-2.0
#include "linux/sysctl.hpp"

#include "base/unique_fd.hpp"
#include "catalog/catalog.hpp"
#include "linux/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace eligate::linux_adapter {
namespace {

base::Result<std::string> path_of(std::string name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    };
    if (name.empty() || !std::ranges::all_of(name, fits) || name.find("..") != std::string::npos)
        return base::fail(catalog::code::system_call,
                          base::msg(N_("{name} is no kernel parameter"), {{"name", name}}), {{"name", name}});
    std::ranges::replace(name, '.', '/');
    return "/proc/sys/" + name;
}

} // namespace

base::Result<std::string> read_sysctl(const std::string& name) {
    ELIGATE_TRY_ASSIGN(const auto path, path_of(name));
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return base::Unexpected(system_error("open", path));
    std::array<char, 256> text{};
    const auto got = ::read(fd.get(), text.data(), text.size());
    if (got < 0)
        return base::Unexpected(system_error("read", path));
    std::string value(text.data(), static_cast<std::size_t>(got));
    while (!value.empty() && value.back() == '\n')
        value.pop_back();
    return value;
}

base::Result<> write_sysctl(const std::string& name, const std::string& value) {
    ELIGATE_TRY_ASSIGN(const auto path, path_of(name));
    const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd)
        return base::Unexpected(system_error("open", path));
    if (::write(fd.get(), value.data(), value.size()) != static_cast<ssize_t>(value.size()))
        return base::Unexpected(system_error("write", path));
    return {};
}

} // namespace eligate::linux_adapter
