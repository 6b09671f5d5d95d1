// SPDX-License-Identifier: Apache-2.0
/// Build-time only: writes what the installed program's tables know into man pages and the bash completion.
///
///     generate completion OUTPUT
///     generate en|ja CATALOGUE.mo PAGE OUTPUT
#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "cli/translation.hpp"

#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace eligate;

std::optional<std::string> content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

bool write(const std::string& path, const std::string& content) {
    std::ofstream out(path, std::ios::binary);
    out << content;
    return out.flush().good();
}

bool write_page(base::Language language, const std::string& catalogue, const std::string& source,
                const std::string& output) {
    const auto bytes = content_of(catalogue);
    auto translations = bytes ? cli::Translations::parse(*bytes) : std::nullopt;
    if (!translations) {
        std::cerr << catalogue << ": no catalogue of translations\n";
        return false;
    }
    cli::use_translations(std::move(*translations));
    const auto page = content_of(source);
    const auto whole = page ? cli::manual_page(*page, language) : std::nullopt;
    if (!whole) {
        std::cerr << source << ": cannot be read, or asks for a part that does not exist\n";
        return false;
    }
    return write(output, *whole);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const std::span<char*> words(argv, static_cast<std::size_t>(argc));
        if (words.size() == 3 && std::string_view(words[1]) == "completion")
            return write(words[2], cli::bash_completion()) ? 0 : 1;
        if (words.size() != 5)
            return 2;
        const auto language = std::string_view(words[1]) == "ja" ? base::Language::ja : base::Language::en;
        return write_page(language, words[2], words[3], words[4]) ? 0 : 1;
    } catch (const std::exception& fault) {
        std::cerr << fault.what() << '\n';
        return 1;
    }
}
