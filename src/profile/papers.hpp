// SPDX-License-Identifier: Apache-2.0
/// The provider's papers as the site typed them in: each intake value of the profile, found in site.toml or
/// secrets.toml and judged. Internal to settling.
#pragma once

#include "profile/provider.hpp"
#include "profile/secrets.hpp"
#include "profile/site.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::profile {

class Papers {
  public:
    /// `secrets` may be absent: then what is missing there is not reported one by one. Places in site.toml
    /// that turn out to hold a secret are added to `to_hide`.
    Papers(const Provider& provider, const Site& site, const Secrets* secrets, base::Diagnostics& diagnostics,
           std::vector<base::SourceSpan>& to_hide);

    /// The value of a text or the path of a file, if given and good.
    const Located<std::string>* text(std::string_view key) const;
    const SiteSecret* secret(std::string_view key) const;
    /// Whether the site gave something for the placeholder that `reference` is, good or not.
    bool given(const Template& reference) const;
    /// given(), and says so if not.
    bool require(const Template& reference) const;
    /// Where a value that is missing altogether would stand.
    const base::SourceSpan& place() const { return m_site.intake_where; }

    /// A template with its values; nothing if one is missing (which has been reported). The place is that of
    /// the first value in it, or of the template itself.
    std::optional<Located<std::string>> filled(const Template& from) const;

  private:
    void check_intake(const Intake& intake);
    void check_text(const Intake& intake, const SiteIntake& given);
    void check_secret(const Intake& intake, const SiteSecret& given);
    void report_missing(const Intake& intake) const;
    void report_unknown();
    /// Typed into the wrong file as well as into the right one.
    bool is_secret(std::string_view value) const;
    bool matches(const Intake& intake, const Located<std::string>& value);

    const Provider& m_provider;
    const Site& m_site;
    const Secrets* m_secrets;
    base::Diagnostics& m_diagnostics;
    std::vector<base::SourceSpan>& m_to_hide;
    std::vector<const SiteIntake*> m_good_texts;
    std::vector<const SiteSecret*> m_good_secrets;
};

} // namespace eligate::profile
