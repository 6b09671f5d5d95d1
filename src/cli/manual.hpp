// SPDX-License-Identifier: Apache-2.0
/// The parts of the man pages that a table knows, in groff's man macros: made at build time from what --help
/// and explain are made of, and put into the hand-written pages of man/.
#pragma once

#include "base/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace eligate::cli {

/// Plain text as it stands in a line of a man page: nothing in it is a request, hyphens are those of a
/// keyboard, and `code` is bold.
std::string roff(std::string_view text);

/// One line a command.
std::string manual_synopsis(base::Language language);
/// A sub-section a command: description, its own options, examples.
std::string manual_commands(base::Language language);
/// What every command takes.
std::string manual_options(base::Language language);
std::string manual_exit_codes(base::Language language);
/// A section an area, a sub-section a code.
std::string manual_codes(base::Language language);

/// `page` with each line `.\" @synopsis@`, `@commands@`, `@options@`, `@exit-codes@`, `@codes@` replaced by
/// that part and every `@version@` by the version. Nothing if it asks for a part that does not exist.
std::optional<std::string> manual_page(std::string_view page, base::Language language);

} // namespace eligate::cli
