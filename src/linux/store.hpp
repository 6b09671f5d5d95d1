// SPDX-License-Identifier: Apache-2.0
/// /var/lib/eligate as port::Store.
#pragma once

#include "base/unique_fd.hpp"
#include "port/store.hpp"

#include <string>

namespace eligate::linux_adapter {

class FolderStore : public port::Store {
  public:
    /// `folder` is made (0700) by the first write; its parent exists. `lock_path` is on a file system that a
    /// boot empties.
    FolderStore(std::string folder, std::string lock_path);

    base::Result<std::unique_ptr<port::Lock>> lock(const port::LockWish& wish) override;
    base::Result<std::optional<base::Secret>> read(std::string_view name) override;
    base::Result<> write(std::string_view name, const base::Secret& content) override;
    base::Result<> append(std::string_view name, const base::Secret& record) override;
    base::Result<> rename(std::string_view name, std::string_view to) override;
    base::Result<> remove(std::string_view name) override;
    base::Result<std::vector<std::string>> names() override;
    bool has_half_written() override;
    void drop_half_written() override;

  private:
    base::Result<> make_folder() const;
    base::Result<base::UniqueFd> lock_file(const port::LockWish& wish) const;
    base::Result<base::UniqueFd> wrest_lock(const base::Error& locked) const;
    std::string path_of(std::string_view name) const;

    std::string m_folder;
    std::string m_lock_path;
};

} // namespace eligate::linux_adapter
