// SPDX-License-Identifier: Apache-2.0
#include "cli/view/explain.hpp"

#include "cli/exit_codes.hpp"
#include "cli/view/evidence.hpp"
#include "cli/width.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace eligate::cli {

std::string render(const catalog::Row& row, const Style& style) {
    auto out = paragraph(fmt::format("{}  ", row.code.id), style.say(base::msg(row.summary)), style.columns);
    out.replace(0, row.code.id.size(), style.paint(Tone::strong, row.code.id));
    out += '\n' + render_remedy(row.code, 2, style);
    out += '\n';
    out += paragraph("  ",
                     style.say(row.retry ? base::msg(N_("Trying the same again may help."))
                                         : base::msg(N_("Trying the same again does not help."))),
                     style.columns);
    out += paragraph("  ",
                     style.say(base::msg(N_("Exit code {exit}: {meaning}."),
                                         {{"exit", std::to_string(static_cast<int>(row.exit))},
                                          {.name = "meaning", .value = meaning_of(row.exit)}})),
                     style.columns);
    return out;
}

Json to_json(const catalog::Row& row, const Style& style) {
    auto json = record();
    json["code"] = row.code.id;
    json["summary"] = style.say(base::msg(row.summary));
    json["cause"] = style.say(base::msg(row.explanation));
    json["action"] = style.say(base::msg(row.action));
    json["party"] = catalog::id_of(row.party);
    json["retry"] = row.retry;
    json["exit"] = static_cast<int>(row.exit);
    return json;
}

} // namespace eligate::cli
