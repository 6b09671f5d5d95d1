// SPDX-License-Identifier: Apache-2.0
#include "base/diagnostic.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace eligate::base {
namespace {

void overwrite(std::string& text, std::string_view secret) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + secret.size()))
        text.replace(at, secret.size(), secret.size(), '*');
}

void overwrite(Message& message, std::string_view secret) {
    for (auto& argument : message.arguments) {
        if (auto* text = std::get_if<std::string>(&argument.value))
            overwrite(*text, secret);
        else if (auto* nested = std::get_if<Message>(&argument.value))
            overwrite(*nested, secret);
    }
}

} // namespace

void Diagnostics::hide(std::string_view secret) {
    if (secret.empty())
        return;
    for (auto& diagnostic : m_list) {
        overwrite(diagnostic.what, secret);
        for (auto& hint : diagnostic.hints)
            overwrite(hint, secret);
    }
    for (auto& source : m_sources)
        overwrite(source.text, secret);
}

void Diagnostics::merge(Diagnostics other) {
    std::ranges::move(other.m_list, std::back_inserter(m_list));
    std::ranges::move(other.m_sources, std::back_inserter(m_sources));
}

bool Diagnostics::has_errors() const {
    return std::ranges::any_of(m_list, [](const auto& d) { return d.severity == Severity::error; });
}

std::vector<Diagnostic> Diagnostics::sorted() const {
    auto list = m_list;
    const auto place = [](const Diagnostic& d) {
        return d.where ? std::tuple(d.where->file, d.where->line, d.where->column)
                       : std::tuple(std::string(), std::size_t{0}, std::size_t{0});
    };
    std::ranges::stable_sort(list, {}, place);
    return list;
}

std::optional<std::string> Diagnostics::line_of(const SourceSpan& where) const {
    const auto source = std::ranges::find(m_sources, where.file, &Source::file);
    if (source == m_sources.end() || source->sensitive || where.line == 0)
        return std::nullopt;
    std::size_t begin = 0;
    for (std::size_t line = 1; line < where.line; ++line) {
        const auto end = source->text.find('\n', begin);
        if (end == std::string::npos)
            return std::nullopt;
        begin = end + 1;
    }
    return source->text.substr(begin, source->text.find('\n', begin) - begin);
}

} // namespace eligate::base
