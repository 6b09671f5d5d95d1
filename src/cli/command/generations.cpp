// SPDX-License-Identifier: Apache-2.0
#include "cli/command/generations.hpp"

#include "apply/record.hpp"
#include "catalog/catalog.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <string>
#include <utility>

namespace eligate::cli {

using base::Result;
namespace code = catalog::code;

Result<std::uint32_t> number_in(std::string_view word) {
    std::uint32_t number = 0;
    const auto [rest, fault] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (fault != std::errc() || rest != word.data() + word.size() || number == 0)
        return base::fail(code::usage, base::msg(N_("a generation is a number from 1, not {word}"),
                                                 {{"word", std::string(word)}}));
    return number;
}

Result<Range> range_in(std::string_view word) {
    constexpr std::string_view dots = "..";
    const auto middle = word.find(dots);
    ELIGATE_TRY_ASSIGN(const auto first, number_in(word.substr(0, middle)));
    if (middle == std::string_view::npos)
        return Range{.first = first, .last = first};
    ELIGATE_TRY_ASSIGN(const auto last, number_in(word.substr(middle + dots.size())));
    return Range{.first = first, .last = last};
}

Result<std::uint32_t> current_generation(port::Store& store) {
    ELIGATE_TRY_ASSIGN(const auto record, apply::read_record(store));
    if (!record)
        return base::fail(code::nothing_applied,
                          base::msg(N_("eligate has changed nothing on this machine")));
    return record->generation;
}

Result<apply::Generation> kept_generation(port::Store& store, std::uint32_t number, std::uint32_t current) {
    if (number <= current) {
        ELIGATE_TRY_ASSIGN(auto generation, apply::read_generation(store, number));
        if (generation)
            return std::move(*generation);
    }
    ELIGATE_TRY_ASSIGN(const auto kept, apply::kept_numbers(store, current));
    return base::fail(code::generation_missing,
                      base::msg(N_("generation {number} is not kept"), {{"number", std::to_string(number)}}),
                      {{"kept", fmt::format("{}", fmt::join(kept, ", "))}});
}

} // namespace eligate::cli
