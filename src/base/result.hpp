// SPDX-License-Identifier: Apache-2.0
/// Result<T>: a value or one Error. Wraps std::expected so that dropping it is a compiler warning (an error
/// in developer builds) on every compiler we use.
#pragma once

#include "base/error.hpp"

#include <expected>
#include <utility>

namespace eligate::base {

using Unexpected = std::unexpected<Error>;

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
  public:
    using std::expected<T, Error>::expected;
};

inline Unexpected fail(Code code, Message what, Evidence evidence = {}) {
    return Unexpected(Error{.code = code, .what = std::move(what), .evidence = std::move(evidence)});
}

} // namespace eligate::base

#define ELIGATE_CONCAT_(a, b) a##b
#define ELIGATE_CONCAT(a, b) ELIGATE_CONCAT_(a, b)

/// Returns the error of a Result<> to the caller, or goes on.
#define ELIGATE_TRY(expression)                                                                              \
    do {                                                                                                     \
        if (auto eligate_result = (expression); !eligate_result)                                             \
            return ::eligate::base::Unexpected(std::move(eligate_result).error());                           \
    } while (false)

/// `ELIGATE_TRY_ASSIGN(auto fd, open_it());` declares the value, or returns the error to the caller.
#define ELIGATE_TRY_ASSIGN(declaration, expression)                                                          \
    auto ELIGATE_CONCAT(eligate_result_, __LINE__) = (expression);                                           \
    if (!ELIGATE_CONCAT(eligate_result_, __LINE__))                                                          \
        return ::eligate::base::Unexpected(std::move(ELIGATE_CONCAT(eligate_result_, __LINE__)).error());    \
    declaration = std::move(*ELIGATE_CONCAT(eligate_result_, __LINE__))
