// SPDX-License-Identifier: Apache-2.0
#include "cli/view/evidence.hpp"

#include "catalog/catalog.hpp"
#include "cli/view/table.hpp"
#include "cli/width.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::cli {
namespace {

/// Evidence is named by stable identifiers, because JSON carries them; these are their words for people.
constexpr auto names = std::to_array<std::pair<std::string_view, const char*>>({
    {"address", N_("address")},
    {"addresses", N_("addresses")},
    {"algorithm", N_("algorithm")},
    {"asked", N_("asked")},
    {"asked for", N_("asked for")},
    {"assigned", N_("assigned")},
    {"blocked_by", N_("blocked by")},
    {"by", N_("by way of")},
    {"call", N_("system call")},
    {"certificate", N_("certificate")},
    {"check", N_("check")},
    {"child", N_("CHILD_SA")},
    {"client certificate", N_("client certificate")},
    {"code", N_("code")},
    {"connection", N_("connection")},
    {"date (UTC)", N_("date (UTC)")},
    {"destinations", N_("destinations")},
    {"dns servers", N_("DNS servers")},
    {"error", N_("error")},
    {"esp in udp", N_("ESP in UDP")},
    {"established for", N_("established for")},
    {"expected", N_("expected")},
    {"file", N_("file")},
    {"first", N_("the first packet")},
    {"from", N_("from")},
    {"gateway", N_("gateway")},
    {"gateway id", N_("gateway's identity")},
    {"gateway_identity", N_("gateway's identity")},
    {"holder", N_("held by process")},
    {"http status", N_("HTTP status")},
    {"identity", N_("our identity")},
    {"in use", N_("in use")},
    {"interface", N_("interface")},
    {"issued by", N_("issued by")},
    {"largest packet", N_("largest packet")},
    {"left", N_("left over")},
    {"log", N_("strongSwan's log")},
    {"mtu", N_("MTU")},
    {"name", N_("name")},
    {"nat", N_("NAT")},
    {"negotiated", N_("negotiated")},
    {"nft", N_("nft says")},
    {"not on the LAN", N_("not on the LAN")},
    {"offset", N_("offset")},
    {"needed", N_("needed")},
    {"package", N_("Debian package")},
    {"packets", N_("packets")},
    {"packets in", N_("packets in")},
    {"packets out", N_("packets out")},
    {"path", N_("path")},
    {"pid", N_("held by process")},
    {"plugin", N_("plugin")},
    {"port", N_("port")},
    {"program", N_("program")},
    {"protocol", N_("protocol")},
    {"reason", N_("reason")},
    {"resource", N_("resource")},
    {"server", N_("server")},
    {"setting", N_("setting")},
    {"state", N_("state")},
    {"stratum", N_("stratum")},
    {"strongswan", N_("strongSwan says")},
    {"table", N_("table")},
    {"valid until", N_("valid until")},
    {"version", N_("version")},
    {"words", N_("nft says")},
});

/// What the probes and the kernel say, where it is always the same. The English stays beside the kernel's
/// words, because that is what can be searched for.
constexpr auto values = std::to_array<const char*>({
    N_("no answer"),
    N_("refused"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Connection timed out"),
    N_("Network is unreachable"),
    N_("No route to host"),
    N_("No space left on device"),
    N_("Permission denied"),
    N_("Read-only file system"),
});

/// The same of another thing: "also vpn2.example.net".
constexpr std::string_view another = "also ";

/// A value may start with a code of ours and its English; a person reads it in their own language.
std::string shown_value(std::string_view value, const Style& style) {
    const auto id = value.substr(0, value.find(' '));
    if (const auto row = catalog::find(id))
        return std::string(id) + ' ' + style.say(base::msg(row->summary));
    const auto* const known =
        std::ranges::find(values, value, [](const char* text) { return std::string_view(text); });
    return known == values.end() ? visible(value) : style.say(base::msg(*known));
}

} // namespace

std::string evidence_name(std::string_view name, const Style& style) {
    if (name.starts_with(another))
        return style.say(base::msg(N_("also {name}"), {{"name", std::string(name.substr(another.size()))}}));
    const auto* const found =
        std::ranges::find(names, name, &std::pair<std::string_view, const char*>::first);
    return found == names.end() ? visible(name) : style.say(base::msg(found->second));
}

std::string render(const base::Evidence& evidence, std::size_t indent, const Style& style) {
    Table lines;
    lines.reserve(evidence.size());
    for (const auto& [name, value] : evidence)
        lines.emplace_back(evidence_name(name, style), shown_value(value, style));
    return aligned(lines, indent, style);
}

std::string render_remedy(base::Code code, std::size_t indent, const Style& style) {
    const auto& row = catalog::row_of(code);
    const Table lines{{style.say(base::msg(N_("cause"))), style.say(base::msg(row.explanation))},
                      {style.say(base::msg(N_("to do"))), style.say(base::msg(row.action))},
                      {style.say(base::msg(N_("who"))), style.say(catalog::name_of(row.party))}};
    return aligned(lines, indent, style);
}

} // namespace eligate::cli
