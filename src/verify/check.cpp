// SPDX-License-Identifier: Apache-2.0
#include "verify/check.hpp"

#include <algorithm>

namespace eligate::verify {

std::string_view id_of(Status status) {
    switch (status) {
    case Status::pass:
        return "pass";
    case Status::warn:
        return "warn";
    case Status::fail:
        return "fail";
    case Status::skip:
        return "skip";
    case Status::unknown:
        return "unknown";
    }
    return "";
}

bool Report::passed() const {
    return first_failure() == nullptr;
}

const Check* Report::first_failure() const {
    const auto found = std::ranges::find(checks, Status::fail, &Check::status);
    return found == checks.end() ? nullptr : &*found;
}

} // namespace eligate::verify
