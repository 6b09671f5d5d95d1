// SPDX-License-Identifier: Apache-2.0
/// What stands under our names although eligate did not make it: nothing of it is touched.
#pragma once

#include "apply/transaction.hpp"

#include <vector>

namespace eligate::apply {

/// One error foreign_value for each.
std::vector<base::Error> foreign_values(const Plan& plan);

} // namespace eligate::apply
