// SPDX-License-Identifier: Apache-2.0
/// The catalogue that this build made, for tests that look at Japanese.
#pragma once

#include <string>

namespace eligate::cli::test {

/// The bytes of the .mo file.
std::string japanese_catalogue();
/// Makes it the process's Japanese.
void load_japanese();

} // namespace eligate::cli::test
