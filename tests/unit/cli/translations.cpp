// SPDX-License-Identifier: Apache-2.0
#include "translations.hpp"

#include "cli/translation.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace eligate::cli::test {

std::string japanese_catalogue() {
    std::ifstream file(ELIGATE_JAPANESE, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void load_japanese() {
    auto translations = Translations::parse(japanese_catalogue());
    if (!translations)
        throw std::runtime_error("the build's Japanese catalogue cannot be read");
    use_translations(std::move(*translations));
}

} // namespace eligate::cli::test
