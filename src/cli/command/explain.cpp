// SPDX-License-Identifier: Apache-2.0
#include "cli/view/explain.hpp"

#include "base/suggest.hpp"
#include "cli/command/command.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace eligate::cli {
namespace {

std::string capital(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

base::Error unknown(const std::string& id) {
    std::vector<std::string_view> known;
    for (const auto& row : catalog::rows())
        known.push_back(row.code.id);
    base::Error error{.code = catalog::code::unknown_code,
                      .what = base::msg(N_("there is no code {code}"), {{"code", id}})};
    // Codes differ by a digit only, so any other number would be "near"; a slip of the area is worth telling.
    const auto same_number = [&](std::string_view code) {
        return id.size() == code.size() && id.substr(3) == code.substr(3);
    };
    if (const auto near = std::ranges::find_if(known, same_number); near != known.end())
        error.what = base::msg(N_("there is no code {code}; did you mean {near}?"),
                               {{"code", id}, {"near", std::string(*near)}});
    return error;
}

} // namespace

catalog::Exit explain(const Context& context) {
    const auto id = capital(context.options.operands.front());
    const auto row = catalog::find(id);
    if (!row)
        return report(context, unknown(id));
    if (context.options.json)
        write(context, to_json(*row, context.out_style));
    else
        context.console.out << render(*row, context.out_style);
    return catalog::Exit::done;
}

} // namespace eligate::cli
