// SPDX-License-Identifier: Apache-2.0
#include "cli/translation.hpp"

#include <cstdint>
#include <utility>

namespace eligate::cli {
namespace {

// GNU gettext manual, "The Format of GNU MO Files".
constexpr std::uint32_t magic = 0x950412de;
constexpr std::size_t header_size = 28;
constexpr std::size_t largest = 4U << 20U;

std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i)
        value = (value << 8U) | static_cast<std::uint8_t>(bytes[offset + i - 1]);
    return value;
}

bool entries_lie_inside(std::string_view bytes, std::size_t table, std::size_t count) {
    if (table > bytes.size() || count > (bytes.size() - table) / 8)
        return false;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t length = number_at(bytes, table + (i * 8));
        const std::size_t offset = number_at(bytes, table + (i * 8) + 4);
        if (offset >= bytes.size() || length >= bytes.size() - offset || bytes[offset + length] != '\0')
            return false;
    }
    return true;
}

std::optional<Translations>& japanese() {
    static std::optional<Translations> translations;
    return translations;
}

} // namespace

std::optional<Translations> Translations::parse(std::string bytes) {
    if (bytes.size() < header_size || bytes.size() > largest || number_at(bytes, 0) != magic ||
        number_at(bytes, 4) != 0)
        return std::nullopt;
    Translations read;
    read.m_count = number_at(bytes, 8);
    read.m_originals = number_at(bytes, 12);
    read.m_translated = number_at(bytes, 16);
    if (!entries_lie_inside(bytes, read.m_originals, read.m_count) ||
        !entries_lie_inside(bytes, read.m_translated, read.m_count))
        return std::nullopt;
    read.m_bytes = std::move(bytes);
    for (std::size_t i = 1; i < read.m_count; ++i)
        if (read.entry(read.m_originals, i - 1) >= read.entry(read.m_originals, i))
            return std::nullopt;
    return read;
}

std::string_view Translations::entry(std::size_t table, std::size_t index) const {
    const std::string_view bytes = m_bytes;
    return bytes.substr(number_at(bytes, table + (index * 8) + 4), number_at(bytes, table + (index * 8)));
}

const char* Translations::find(std::string_view msgid) const {
    std::size_t low = 0;
    std::size_t high = m_count;
    while (low < high) {
        const auto middle = low + ((high - low) / 2);
        if (entry(m_originals, middle) < msgid)
            low = middle + 1;
        else
            high = middle;
    }
    // The empty msgid is the file's own header.
    if (low == m_count || msgid.empty() || entry(m_originals, low) != msgid)
        return nullptr;
    return entry(m_translated, low).data();
}

void use_translations(Translations translations) {
    japanese() = std::move(translations);
}

const char* translate(const char* msgid, base::Language language) {
    if (language == base::Language::en || !japanese())
        return msgid;
    const auto* const found = japanese()->find(msgid);
    return found != nullptr && *found != '\0' ? found : msgid;
}

base::Language language_of(std::string_view lc_all, std::string_view lc_messages, std::string_view lang) {
    for (const auto value : {lc_all, lc_messages, lang})
        if (!value.empty())
            return value.starts_with("ja") ? base::Language::ja : base::Language::en;
    return base::Language::en;
}

} // namespace eligate::cli
