// SPDX-License-Identifier: Apache-2.0
#include "cli/inputs.hpp"

#include "catalog/catalog.hpp"

#include <algorithm>
#include <string>

namespace eligate::cli {
namespace {

bool is_sensitive(const std::string& path, const profile::LoadRequest& request) {
    const auto holds = [&](const std::string& folder) { return path.starts_with(folder + "/"); };
    return path != request.site && std::ranges::none_of(request.shelves.providers, holds) &&
           std::ranges::none_of(request.shelves.networks, holds);
}

} // namespace

profile::Disk remembering(const profile::Disk& disk, const profile::LoadRequest& request,
                          std::vector<apply::Input>& inputs) {
    auto remembering = disk;
    remembering.read = [&](const std::string& path) {
        auto text = disk.read(path);
        if (text && std::ranges::find(inputs, path, &apply::Input::path) == inputs.end())
            inputs.push_back({.path = path, .text = *text, .sensitive = is_sensitive(path, request)});
        return text;
    };
    return remembering;
}

profile::Disk disk_of(const std::vector<apply::Input>& inputs) {
    return {.read = [&inputs](const std::string& path) -> base::Result<base::Secret> {
                const auto found = std::ranges::find(inputs, path, &apply::Input::path);
                if (found != inputs.end())
                    return found->text;
                return base::fail(catalog::code::file_missing,
                                  base::msg(N_("there is no file {path}"), {{"path", path}}),
                                  {{"path", path}});
            },
            .list = [](const std::string& folder) -> base::Result<std::vector<std::string>> {
                return base::fail(catalog::code::file_missing,
                                  base::msg(N_("there is no file {path}"), {{"path", folder}}),
                                  {{"path", folder}});
            }};
}

} // namespace eligate::cli
