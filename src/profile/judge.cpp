// SPDX-License-Identifier: Apache-2.0
#include "catalog/catalog.hpp"
#include "profile/load.hpp"
#include "profile/secrets.hpp"
#include "profile/shelf.hpp"
#include "profile/site.hpp"
#include "profile/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

struct Kind {
    FileKind kind;
    /// Keys that only this kind has at its top.
    std::array<std::string_view, 6> keys;
};

constexpr auto kinds = std::to_array<Kind>({
    {FileKind::provider, {"provider", "ike", "child", "dns", "revision", "network"}},
    {FileKind::network, {"service", "domains"}},
    {FileKind::site, {"profile", "clinic", "lan", "wan", "line", "services"}},
    {FileKind::secrets, {"secrets"}},
});

/// The kind with the most of its keys; nothing if there is none of any.
std::optional<FileKind> kind_of(const Node& root) {
    std::optional<FileKind> best;
    std::ptrdiff_t most = 0;
    for (const auto& kind : kinds) {
        const auto count = std::ranges::count_if(
            kind.keys, [&](std::string_view key) { return !key.empty() && root.find(key) != nullptr; });
        if (count > most) {
            best = kind.kind;
            most = count;
        }
    }
    return best;
}

/// Before anything is parsed: a broken secrets file must not be shown either.
bool may_be_secrets(std::string_view path, std::string_view text) {
    const auto name = path.substr(path.rfind('/') + 1);
    return name.find("secret") != std::string_view::npos || text.find("[secrets") != std::string_view::npos;
}

} // namespace

std::string_view id_of(FileKind kind) {
    switch (kind) {
    case FileKind::provider:
        return "provider";
    case FileKind::network:
        return "network";
    case FileKind::site:
        return "site";
    case FileKind::secrets:
        return "secrets";
    }
    return "";
}

base::Message name_of(FileKind kind) {
    switch (kind) {
    case FileKind::provider:
        return msg(N_("provider profile"));
    case FileKind::network:
        return msg(N_("network file"));
    case FileKind::site:
        return msg(N_("site file"));
    case FileKind::secrets:
        return msg(N_("secrets file"));
    }
    return {};
}

Judged judge(const std::string& path, const ReadFile& read) {
    Judged judged;
    const auto text = read_into(path, read, judged.diagnostics);
    if (!text)
        return judged;
    auto document = Document::parse(path, *text, may_be_secrets(path, text->expose()), judged.diagnostics);
    if (document.root() != nullptr) {
        judged.kind = kind_of(*document.root());
        if (!judged.kind)
            judged.diagnostics.add(
                {.code = code::kind_unknown,
                 .what = msg(N_("{file} is neither a profile nor a network, site or secrets file"),
                             {{"file", shown(path)}}),
                 .where = document.root()->where,
                 .hints = {}});
        else if (*judged.kind == FileKind::provider)
            read_provider(document, judged.diagnostics);
        else if (*judged.kind == FileKind::network)
            read_network(document, judged.diagnostics);
        else if (*judged.kind == FileKind::site)
            read_site(document, judged.diagnostics);
        else
            read_secrets(document, judged.diagnostics);
    }
    judged.diagnostics.add_source(document.source());
    return judged;
}

} // namespace eligate::profile
