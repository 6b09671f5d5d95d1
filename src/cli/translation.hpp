// SPDX-License-Identifier: Apache-2.0
/// The Japanese of every text, read from the .mo file that gettext's msgfmt makes.
///
/// Why not libc's gettext(): it translates only under a locale that is installed, and a minimal Debian has
/// only C.UTF-8. glibc 2.36 lets LANGUAGE override that, glibc 2.39 and later does not any more (bug 16621:
/// C.UTF-8 is treated like C). It also knows one language at a time, and a handover sheet shows two.
#pragma once

#include "base/message.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eligate::cli {

/// A .mo file in memory, its bounds checked once when it is read.
class Translations {
  public:
    /// Nothing if it is no little-endian .mo of revision 0, is larger than 4 MiB, points outside itself, or
    /// is not sorted.
    static std::optional<Translations> parse(std::string bytes);

    /// Nothing if the text has no translation. Lives as long as this object.
    const char* find(std::string_view msgid) const;
    std::size_t size() const { return m_count; }

  private:
    std::string_view entry(std::size_t table, std::size_t index) const;

    std::string m_bytes;
    std::size_t m_count = 0;
    std::size_t m_originals = 0;
    std::size_t m_translated = 0;
};

/// Makes them the process's Japanese. Once, at the start, before any thread.
void use_translations(Translations translations);

/// For base::format. Falls back to the English text.
const char* translate(const char* msgid, base::Language language);

/// What POSIX says a program speaks: the first of LC_ALL, LC_MESSAGES, LANG that is not empty. Anything but
/// Japanese is English.
base::Language language_of(std::string_view lc_all, std::string_view lc_messages, std::string_view lang);

} // namespace eligate::cli
