// SPDX-License-Identifier: Apache-2.0
/// What went wrong at run time: one cause, a stable code, the evidence, and the chain of "while …".
#pragma once

#include "base/message.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eligate::base {

/// Names a row of the catalogue (catalog/), which holds summary, remedy, party and exit code.
/// Stable for ever: technicians write it down and ask `eligate explain`.
struct Code {
    std::string_view id;
    bool operator==(const Code&) const = default;
};

/// What was seen, as name and value ("gateway" = "203.0.113.11"); never a secret.
using Evidence = std::vector<std::pair<std::string, std::string>>;

struct Error {
    Code code;
    Message what;
    Evidence evidence = {};
    /// Outermost last: "while loading the connection", "while applying".
    std::vector<Message> context = {};

    Error&& in(Message while_doing) && {
        context.push_back(std::move(while_doing));
        return std::move(*this);
    }
};

} // namespace eligate::base
