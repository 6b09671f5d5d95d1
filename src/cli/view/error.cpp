// SPDX-License-Identifier: Apache-2.0
#include "cli/view/error.hpp"

#include "catalog/catalog.hpp"
#include "cli/view/evidence.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace eligate::cli {

std::string render(const base::Error& error, const Style& style) {
    const auto head = fmt::format("{}[{}]: ", style.say(base::msg(N_("error"))), error.code.id);
    // Broken by its width without colour; the colour comes into the first line only.
    auto out = paragraph(head, style.say(error.what), style.columns);
    out.replace(0, head.size() - 2, style.paint(Tone::bad, head.substr(0, head.size() - 2)));
    for (const auto& context : error.context)
        out +=
            paragraph("  ", style.say(base::msg(N_("while: {what}"), {{.name = "what", .value = context}})),
                      style.columns);
    out += render(error.evidence, 2, style);
    // A mistyped command line needs no cause and no party: --help is the remedy.
    const auto& row = catalog::row_of(error.code);
    out += row.exit == catalog::Exit::usage ? paragraph("  ", style.say(base::msg(row.action)), style.columns)
                                            : render_remedy(error.code, 2, style);
    return out;
}

Json to_json(const base::Error& error, const Style& style) {
    const auto& row = catalog::row_of(error.code);
    Json json;
    json["code"] = error.code.id;
    json["message"] = style.say(error.what);
    json["context"] = Json::array();
    for (const auto& context : error.context)
        json["context"].push_back(style.say(context));
    json["evidence"] = to_json(error.evidence);
    json["cause"] = style.say(base::msg(row.explanation));
    json["action"] = style.say(base::msg(row.action));
    json["party"] = catalog::id_of(row.party);
    json["retry"] = row.retry;
    return json;
}

} // namespace eligate::cli
