// SPDX-License-Identifier: Apache-2.0
/// A text for a person, kept as a value until the moment it is shown: an English msgid with named
/// placeholders, and the arguments. Only cli/ knows a language, so lower rooms stay free of gettext and one
/// value can be shown in Japanese and English side by side.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Marks an English text for translation (xgettext keyword) without translating it here.
#define N_(text) text

namespace eligate::base {

/// A text that somebody already wrote in both languages (a profile's provider name).
struct LocalText {
    std::string ja;
    std::string en;
    bool operator==(const LocalText&) const = default;
};

struct Argument;

struct Message {
    /// A string literal marked with N_(); it is the key into the catalogue of translations.
    const char* msgid = "";
    std::vector<Argument> arguments;

    bool empty() const { return *msgid == '\0'; }
    bool operator==(const Message& other) const;
};

struct Argument {
    std::string name;
    std::variant<std::string, LocalText, Message> value;
    bool operator==(const Argument&) const = default;
};

/// `msg(N_("no answer from {gateway}"), {{"gateway", name}})`
Message msg(const char* msgid, std::vector<Argument> arguments = {});

/// Which of the two languages a person reads.
enum class Language { ja, en };

/// Puts the arguments into `pattern` (the msgid or its translation). A placeholder without an argument stays
/// as it is written, so that a mistake is seen and not hidden. `translate` is asked for nested messages.
using Translate = const char* (*)(const char* msgid, Language language);
std::string format(const Message& message, Language language, Translate translate);

/// The message in its own English, for logs and tests.
std::string english(const Message& message);

} // namespace eligate::base
