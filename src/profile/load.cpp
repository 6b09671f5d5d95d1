// SPDX-License-Identifier: Apache-2.0
#include "profile/load.hpp"

#include "catalog/catalog.hpp"
#include "profile/settle.hpp"
#include "profile/shelf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

// Shorter ones occur in ordinary text.
constexpr std::size_t shortest_searched_secret = 6;

class Loading {
  public:
    Loading(const LoadRequest& request, const Disk& disk, Time now)
        : m_request(request)
        , m_disk(disk)
        , m_now(now) {}

    Loaded run() {
        Loaded loaded;
        read_secrets_file();
        if (const auto text = read_into(m_request.site, m_disk.read, m_diagnostics))
            loaded.settled = settle_site(*text);
        report_missing_secrets();
        hide_secrets();
        if (m_diagnostics.has_errors())
            loaded.settled.reset();
        loaded.diagnostics = std::move(m_diagnostics);
        return loaded;
    }

  private:
    void read_secrets_file() {
        auto text = m_disk.read(m_request.secrets);
        if (!text) {
            m_secrets_error = std::move(text).error();
            return;
        }
        auto document = Document::parse(m_request.secrets, *text, true, m_diagnostics);
        m_secrets = read_secrets(document, m_diagnostics);
        m_diagnostics.add_source(document.source());
        if (m_disk.others_may_read && m_disk.others_may_read(m_request.secrets))
            m_diagnostics.add(
                {.severity = base::Severity::warning,
                 .code = code::secrets_readable,
                 .what = msg(N_("others than its owner may read {file}"), {{"file", m_request.secrets}}),
                 .where = std::nullopt,
                 .hints = {msg(N_("sudo chmod 600 {file}"), {{"file", m_request.secrets}})}});
    }

    std::optional<Settled> settle_site(const base::Secret& text) {
        auto document = Document::parse(m_request.site, text, false, m_diagnostics);
        const auto site = read_site(document, m_diagnostics);
        std::optional<Settled> settled;
        std::vector<base::SourceSpan> to_hide;
        if (document.root() != nullptr && m_secrets)
            find_misplaced_secrets(*document.root(), *m_secrets);
        if (site && !site->profile.value.empty())
            settled = settle_with_profile(*site, to_hide);
        for (const auto& where : to_hide)
            document.hide(where);
        m_diagnostics.add_source(document.source());
        return settled;
    }

    std::optional<Settled> settle_with_profile(const Site& site, std::vector<base::SourceSpan>& to_hide) {
        const auto& id = site.profile;
        const auto file = find_on_shelf(id.value, m_request.shelves.providers, m_disk.read, m_diagnostics);
        if (!file) {
            auto fault = unknown_id(code::profile_unknown,
                                    msg(N_("there is no provider profile {id}"), {{"id", id.value}}),
                                    id.value, known_ids(m_request.shelves.providers, m_disk.list));
            fault.where = id.where;
            m_diagnostics.add(std::move(fault));
            return std::nullopt;
        }
        const auto provider = provider_of(*file, id.value, m_diagnostics);
        if (!provider)
            return std::nullopt;
        for (const auto& intake : provider->intake)
            if (intake.secret && intake.required)
                m_needed_secrets +=
                    fmt::format("{}{} = \"…\"", m_needed_secrets.empty() ? "" : ", ", intake.key.value);
        const auto network = network_for(*provider, m_request.shelves, m_disk, m_diagnostics);
        return settle({.provider = *provider,
                       .network = network ? &*network : nullptr,
                       .site = site,
                       .secrets = m_secrets ? &*m_secrets : nullptr},
                      {.read = m_disk.read, .folder = m_request.papers_folder, .now = m_now}, m_diagnostics,
                      to_hide);
    }

    void report_missing_secrets() {
        if (!m_secrets_error || (m_secrets_error->code == code::file_missing && m_needed_secrets.empty()))
            return;
        base::Diagnostic fault{
            .code = m_secrets_error->code, .what = m_secrets_error->what, .where = std::nullopt, .hints = {}};
        if (!m_needed_secrets.empty())
            fault.hints.push_back(
                msg(N_("it holds schema = 1 and, under [secrets]: {words}"), {{"words", m_needed_secrets}}));
        m_diagnostics.add(std::move(fault));
    }

    /// A secret of secrets.toml that stands in the site file too, under an innocent name. The values of
    /// [intake] are judged with the profile at hand.
    void find_misplaced_secrets(const Node& node, const Secrets& secrets) {
        for (const auto& entry : node.entries)
            if (entry.key != "intake")
                find_misplaced_secrets(entry.node, secrets);
        const bool misplaced = node.type == Node::Type::string &&
                               std::ranges::any_of(secrets.values, [&](const SiteSecret& secret) {
                                   return !secret.value.empty() && secret.value.expose() == node.text;
                               });
        if (misplaced)
            m_diagnostics.add(
                {.code = code::secret_misplaced,
                 .what = msg(N_("a value of secrets.toml stands here too, where everybody can see it")),
                 .where = node.where,
                 .hints = {}});
    }

    void hide_secrets() {
        if (!m_secrets)
            return;
        for (const auto& secret : m_secrets->values)
            if (secret.value.size() >= shortest_searched_secret)
                m_diagnostics.hide(secret.value.expose());
    }

    const LoadRequest& m_request;
    const Disk& m_disk;
    Time m_now;
    base::Diagnostics m_diagnostics;
    std::optional<Secrets> m_secrets;
    std::optional<base::Error> m_secrets_error;
    /// What the profile wants to stand there; empty if it can do without.
    std::string m_needed_secrets;
};

} // namespace

Loaded load(const LoadRequest& request, const Disk& disk, Time now) {
    return Loading(request, disk, now).run();
}

} // namespace eligate::profile
