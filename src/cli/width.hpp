// SPDX-License-Identifier: Apache-2.0
/// Text on a terminal: how many columns it takes, where it may be broken, and what in it must not reach a
/// terminal as it is. Japanese takes two columns a character and is broken between characters; iswprint() and
/// wcwidth() are not used because they depend on a locale that a minimal appliance does not have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::cli {

/// Columns of valid or broken UTF-8 (a broken byte counts as one).
std::size_t width(std::string_view text);

/// What may be shown: control characters, broken bytes and characters that reorder or hide a line are spelled
/// out ("\x1b", "<U+202E>"), so that no file and no peer can talk to the terminal. A tab becomes a space.
std::string visible(std::string_view text);

/// `text` filled with blanks on the right up to `columns`; unchanged if it is wider.
std::string padded(std::string_view text, std::size_t columns);
/// The same with the blanks on the left.
std::string right_aligned(std::string_view text, std::size_t columns);

/// As many whole characters from `text` as fit into `columns`.
std::string_view fitting(std::string_view text, std::size_t columns);

/// Broken into lines of at most `columns`. A Latin word, a path or a URL is never broken, even if it is
/// wider: it is there to be copied. Japanese punctuation neither starts nor ends a line where it must not
/// (JIS X 4051).
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

/// Wrapped, with `first` before the first line and as many blanks before the others; every line ends with
/// '\n'.
std::string paragraph(std::string_view first, std::string_view text, std::size_t columns);

} // namespace eligate::cli
