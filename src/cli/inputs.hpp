// SPDX-License-Identifier: Apache-2.0
/// The files that a site's goal was made of: remembered while they are read, and read again from memory.
#pragma once

#include "apply/generation.hpp"
#include "profile/disk.hpp"
#include "profile/load.hpp"

#include <vector>

namespace eligate::cli {

/// `disk`, remembering in `inputs` each file that was read well. What is neither the site file nor on a shelf
/// counts as sensitive. The arguments outlive the answer.
profile::Disk remembering(const profile::Disk& disk, const profile::LoadRequest& request,
                          std::vector<apply::Input>& inputs);

/// A disk that holds these files and no others; outlived by `inputs`.
profile::Disk disk_of(const std::vector<apply::Input>& inputs);

} // namespace eligate::cli
