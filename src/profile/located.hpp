// SPDX-License-Identifier: Apache-2.0
/// A value and the place in its file where it was written, so that a fault found much later (in the light of
/// another file) still points at the right line.
#pragma once

#include "base/diagnostic.hpp"

namespace eligate::profile {

template <class T>
struct Located {
    T value{};
    base::SourceSpan where;
};

} // namespace eligate::profile
