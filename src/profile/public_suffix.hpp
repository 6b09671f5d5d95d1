// SPDX-License-Identifier: Apache-2.0
/// The names below which anybody can have one: "jp", "co.jp", "com" (publicsuffix.org).
#pragma once

#include <memory>
#include <string_view>

namespace eligate::profile {

/// The list that Debian's libpsl carries. The library is loaded as long as one of these lives: it brings two
/// more, which everything that comes after the reading of the files would pay for with memory.
class PublicSuffixes {
  public:
    PublicSuffixes();

    /// A private top-level domain ("rece") is none, and nothing is where the library is not there. Case does
    /// not matter.
    bool contain(std::string_view domain) const;

  private:
    std::unique_ptr<void, int (*)(void*)> m_library;
};

} // namespace eligate::profile
