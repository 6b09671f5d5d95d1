// SPDX-License-Identifier: Apache-2.0
#include "profile/papers.hpp"

#include "base/suggest.hpp"
#include "catalog/catalog.hpp"
#include "profile/lookalike.hpp"
#include "profile/placeholder.hpp"
#include "profile/table.hpp"
#include "profile/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

void hint_where(base::Diagnostic& fault, const Intake& intake) {
    if (!intake.where.en.empty())
        fault.hints.push_back(msg(N_("on the papers it stands here: {where}"), {{"where", intake.where}}));
}

void hint_shape(base::Diagnostic& fault, const Intake& intake) {
    if (intake.pattern)
        fault.hints.push_back(
            msg(N_("it looks like this: {example}"), {{"example", intake.pattern->example()}}));
    hint_where(fault, intake);
}

base::Message how_to_give(const Intake& intake) {
    const std::vector<base::Argument> key{{"key", intake.key.value}};
    if (intake.secret)
        return msg(N_("in secrets.toml under [secrets]: {key} = \"…\""), key);
    if (intake.kind == IntakeKind::file)
        return msg(N_("in site.toml under [intake]: {key} = \"/etc/eligate/…\", the path of the file"), key);
    return msg(N_("in site.toml under [intake]: {key} = \"…\""), key);
}

} // namespace

Papers::Papers(const Provider& provider, const Site& site, const Secrets* secrets,
               base::Diagnostics& diagnostics, std::vector<base::SourceSpan>& to_hide)
    : m_provider(provider)
    , m_site(site)
    , m_secrets(secrets)
    , m_diagnostics(diagnostics)
    , m_to_hide(to_hide) {
    for (const auto& intake : provider.intake)
        check_intake(intake);
    report_unknown();
}

void Papers::check_intake(const Intake& intake) {
    const auto written = std::ranges::find(m_site.intake, intake.key.value,
                                           [](const SiteIntake& one) { return one.key.value; });
    const auto* const secret = m_secrets == nullptr ? nullptr : m_secrets->find(intake.key.value);
    if (intake.secret && secret != nullptr)
        check_secret(intake, *secret);
    else if (!intake.secret && written != m_site.intake.end())
        check_text(intake, *written);
    else if (intake.required)
        report_missing(intake);
}

void Papers::report_missing(const Intake& intake) const {
    if (intake.secret && m_secrets == nullptr)
        return;
    // A misspelt key is reported as that, with the right one beside it.
    const std::array<std::string_view, 1> key{intake.key.value};
    const bool misspelt = !intake.secret && std::ranges::any_of(m_site.intake, [&](const SiteIntake& given) {
        return m_provider.find_intake(given.key.value) == nullptr && base::nearest(given.key.value, key);
    });
    if (misspelt)
        return;
    base::Diagnostic fault{.code = code::intake_missing,
                           .what = msg(N_("{label} is missing"), {{"label", intake.label}}),
                           .where = intake.secret ? m_secrets->secrets_where : m_site.intake_where,
                           .hints = {how_to_give(intake)}};
    hint_where(fault, intake);
    m_diagnostics.add(std::move(fault));
}

bool Papers::matches(const Intake& intake, const Located<std::string>& value) {
    const auto oddity = first_oddity(value.value);
    const auto left = intake.pattern ? intake.pattern->first_fault(value.value) : std::nullopt;
    if (!left && (!oddity || intake.pattern))
        return true;
    base::Diagnostic fault{.code = code::intake_pattern,
                           .what = msg(N_("{label} cannot be “{value}”"),
                                       {{"label", intake.label}, {"value", shown(value.value)}}),
                           .where = value.where,
                           .hints = {}};
    if (oddity) {
        fault.code = code::hidden_character;
        fault.where = part_of(value.where, value.value, oddity->offset, oddity->bytes);
    } else if (const auto at = left.value_or(0); at < value.value.size()) {
        fault.where = part_of(value.where, value.value, at, 1);
    }
    const auto meant = intake.pattern
                           ? likely(value.value, *intake.pattern)
                           : likely(value.value, [](std::string_view text) { return !first_oddity(text); });
    if (meant)
        fault.hints.push_back(msg(N_("did you mean {word}?"), {{"word", *meant}}));
    hint_shape(fault, intake);
    m_diagnostics.add(std::move(fault));
    return false;
}

bool Papers::is_secret(std::string_view value) const {
    return m_secrets != nullptr && std::ranges::any_of(m_secrets->values, [&](const SiteSecret& secret) {
               return !secret.value.empty() && secret.value.expose() == value;
           });
}

void Papers::check_text(const Intake& intake, const SiteIntake& given) {
    if (given.value.value.empty())
        return;
    if (intake.kind == IntakeKind::file) {
        if (!check_word(given.value, Word::path, "intake." + intake.key.value, m_diagnostics))
            return;
    } else if (is_secret(given.value.value) &&
               !(intake.pattern && intake.pattern->matches(given.value.value))) {
        m_to_hide.push_back(given.value.where);
        m_diagnostics.add(
            {.code = code::secret_misplaced,
             .what = msg(N_("a value of secrets.toml stands here too, where everybody can see it")),
             .where = given.value.where,
             .hints = {}});
        return;
    } else if (!matches(intake, given.value)) {
        return;
    }
    m_good_texts.push_back(&given);
}

void Papers::check_secret(const Intake& intake, const SiteSecret& given) {
    if (given.value.empty())
        return;
    if (intake.pattern && !intake.pattern->matches(given.value.expose())) {
        base::Diagnostic fault{
            .code = code::intake_pattern,
            .what = msg(N_("{label} cannot be what stands in secrets.toml"), {{"label", intake.label}}),
            .where = given.where,
            .hints = {}};
        hint_shape(fault, intake);
        m_diagnostics.add(std::move(fault));
        return;
    }
    m_good_secrets.push_back(&given);
}

void Papers::report_unknown() {
    std::vector<std::string_view> texts;
    std::vector<std::string_view> secrets;
    for (const auto& intake : m_provider.intake)
        (intake.secret ? secrets : texts).push_back(intake.key.value);
    for (const auto& given : m_site.intake) {
        const auto* const intake = m_provider.find_intake(given.key.value);
        if (intake != nullptr && !intake->secret)
            continue;
        base::Diagnostic fault{.code = code::intake_unknown,
                               .what = msg(N_("the profile {profile} asks for no {key}"),
                                           {{"profile", m_provider.id.value}, {"key", given.key.value}}),
                               .where = given.key.where,
                               .hints = {}};
        if (intake != nullptr) {
            m_to_hide.push_back(given.value.where);
            fault.code = code::secret_misplaced;
            fault.what =
                msg(N_("{key} is a secret; it belongs into secrets.toml"), {{"key", given.key.value}});
            fault.hints.push_back(
                msg(N_("move the line to secrets.toml under [secrets] and remove it here")));
        } else if (const auto meant = base::nearest(given.key.value, texts)) {
            fault.hints.push_back(msg(N_("did you mean {word}?"), {{"word", std::string(*meant)}}));
        }
        m_diagnostics.add(std::move(fault));
    }
    if (m_secrets == nullptr)
        return;
    for (const auto& given : m_secrets->values) {
        const auto* const intake = m_provider.find_intake(given.key.value);
        if (intake != nullptr && intake->secret)
            continue;
        // The name is not repeated: it may be the secret itself, typed on the wrong side.
        base::Diagnostic fault{.code = code::intake_unknown,
                               .what = msg(N_("the profile {profile} asks for no secret of this name"),
                                           {{"profile", m_provider.id.value}}),
                               .where = given.key.where,
                               .hints = {}};
        if (intake != nullptr)
            fault.hints.push_back(msg(N_("{key} is no secret; it belongs into site.toml under [intake]"),
                                      {{"key", given.key.value}}));
        else
            fault.hints.push_back(
                msg(N_("known here: {words}"), {{"words", fmt::format("{}", fmt::join(secrets, ", "))}}));
        m_diagnostics.add(std::move(fault));
    }
}

const Located<std::string>* Papers::text(std::string_view key) const {
    const auto found =
        std::ranges::find(m_good_texts, key, [](const SiteIntake* one) { return one->key.value; });
    return found == m_good_texts.end() ? nullptr : &(*found)->value;
}

const SiteSecret* Papers::secret(std::string_view key) const {
    const auto found =
        std::ranges::find(m_good_secrets, key, [](const SiteSecret* one) { return one->key.value; });
    return found == m_good_secrets.end() ? nullptr : *found;
}

bool Papers::given(const Template& reference) const {
    const auto key = only_placeholder(reference.value);
    return key && (std::ranges::any_of(m_site.intake,
                                       [&](const SiteIntake& one) { return one.key.value == *key; }) ||
                   (m_secrets != nullptr && m_secrets->find(*key) != nullptr));
}

bool Papers::require(const Template& reference) const {
    if (given(reference))
        return true;
    const auto key = only_placeholder(reference.value);
    const auto* const intake = key ? m_provider.find_intake(*key) : nullptr;
    // A required one has been reported with all the others.
    if (intake != nullptr && !intake->required)
        report_missing(*intake);
    return false;
}

std::optional<Located<std::string>> Papers::filled(const Template& from) const {
    const Located<std::string>* first = nullptr;
    auto value = fill(from.value, [&](std::string_view key) -> std::optional<std::string> {
        const auto* const given = text(key);
        if (given == nullptr)
            return std::nullopt;
        first = first == nullptr ? given : first;
        return given->value;
    });
    if (!value)
        return std::nullopt;
    return Located<std::string>{.value = std::move(*value),
                                .where = first == nullptr ? from.where : first->where};
}

} // namespace eligate::profile
