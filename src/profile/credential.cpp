// SPDX-License-Identifier: Apache-2.0
#include "profile/credential.hpp"

#include "catalog/catalog.hpp"
#include "profile/certificate.hpp"
#include "profile/placeholder.hpp"
#include "profile/utf8.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

// RSA 2048, P-224.
constexpr int least_security_bits = 112;
constexpr auto soon = std::chrono::days(30);

std::string date_of(Time time) {
    return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

/// One of the provider's files and the place in site.toml that names it.
struct PaperFile {
    std::string path;
    base::SourceSpan where;
    base::Secret content;
};

std::optional<PaperFile> open(const Template& reference, const Papers& papers, const PaperFiles& files,
                              base::Diagnostics& diagnostics) {
    const auto key = only_placeholder(reference.value);
    const auto* const given = key && papers.require(reference) ? papers.text(*key) : nullptr;
    if (given == nullptr)
        return std::nullopt;
    PaperFile file{.path = given->value.starts_with('/') ? given->value : files.folder + "/" + given->value,
                   .where = given->where,
                   .content = {}};
    auto content = files.read(file.path);
    if (!content) {
        diagnostics.add(
            {.code = content.error().code, .what = content.error().what, .where = file.where, .hints = {}});
        return std::nullopt;
    }
    file.content = std::move(*content);
    return file;
}

const base::Secret* secret_of(const Template& reference, const Papers& papers) {
    const auto key = only_placeholder(reference.value);
    const auto* const secret = key ? papers.secret(*key) : nullptr;
    return secret == nullptr ? nullptr : &secret->value;
}

void report(const PaperFile& file, KeyFileFault fault, base::Diagnostics& diagnostics) {
    const std::vector<base::Argument> name{{"file", file.path}};
    base::Diagnostic diagnostic{
        .code = code::certificate_unreadable, .what = {}, .where = file.where, .hints = {}};
    switch (fault) {
    case KeyFileFault::unreadable:
        diagnostic.what = msg(N_("{file} is not a certificate or key, or it is damaged"), name);
        break;
    case KeyFileFault::no_certificate:
        diagnostic.what = msg(N_("there is no certificate in {file}"), name);
        break;
    case KeyFileFault::no_private_key:
        diagnostic.what = msg(N_("there is no private key in {file}"), name);
        break;
    case KeyFileFault::too_large:
        diagnostic.what = msg(N_("{file} holds more than any file of this kind"), name);
        break;
    case KeyFileFault::password_missing:
        diagnostic.code = code::certificate_password;
        diagnostic.what = msg(N_("{file} is protected, and secrets.toml has no password for it"), name);
        break;
    case KeyFileFault::password_wrong:
        diagnostic.code = code::certificate_password;
        diagnostic.what = msg(N_("the password in secrets.toml does not open {file}"), name);
        break;
    }
    diagnostics.add(std::move(diagnostic));
}

void check_period(const CertificateFacts& facts, const base::SourceSpan& where, Time now,
                  base::Diagnostics& diagnostics) {
    const std::vector<base::Argument> arguments{{"subject", shown(facts.subject)},
                                                {"from", date_of(facts.not_before)},
                                                {"until", date_of(facts.not_after)},
                                                {"today", date_of(now)}};
    if (now > facts.not_after)
        diagnostics.add(
            {.code = code::certificate_expired,
             .what = msg(
                 N_("the certificate of {subject} has expired on {until}; this machine says it is {today}"),
                 arguments),
             .where = where,
             .hints = {}});
    else if (now < facts.not_before)
        diagnostics.add(
            {.code = code::certificate_expired,
             .what =
                 msg(N_("the certificate of {subject} is valid from {from}; this machine says it is {today}"),
                     arguments),
             .where = where,
             .hints = {}});
    else if (facts.not_after - now < soon)
        diagnostics.add({.severity = base::Severity::warning,
                         .code = code::certificate_expiring,
                         .what = msg(N_("the certificate of {subject} expires on {until}"), arguments),
                         .where = where,
                         .hints = {}});
}

void check_strength(const CertificateFacts& facts, const base::SourceSpan& where,
                    base::Diagnostics& diagnostics) {
    const std::vector<base::Argument> subject{{"subject", shown(facts.subject)}};
    if (facts.security_bits < least_security_bits)
        diagnostics.add({.code = code::certificate_weak,
                         .what = msg(N_("the key in the certificate of {subject} is too short"), subject),
                         .where = where,
                         .hints = {}});
    // Nobody relies on the signature of a certificate that vouches for itself.
    if (facts.weak_signature && !facts.self_signed)
        diagnostics.add({.code = code::certificate_weak,
                         .what = msg(N_("the certificate of {subject} is signed with MD5 or SHA-1"), subject),
                         .where = where,
                         .hints = {}});
}

void check_own(const CertificateCredential& own, const base::SourceSpan& where,
               const ipsec::Identity* identity, Time now, base::Diagnostics& diagnostics) {
    const auto facts = facts_of(own.chain.front());
    check_period(facts, where, now, diagnostics);
    check_strength(facts, where, diagnostics);
    if (identity != nullptr && !is_for(own.chain.front(), *identity))
        diagnostics.add({.code = code::certificate_identity,
                         .what = msg(N_("the certificate of {subject} is not for {identity}"),
                                     {{"subject", shown(facts.subject)}, {"identity", identity->value()}}),
                         .where = where,
                         .hints = {}});
}

std::optional<CertificateCredential> own_from_pkcs12(const AuthTemplate& local, const Papers& papers,
                                                     const PaperFiles& files, base::SourceSpan& where,
                                                     base::Diagnostics& diagnostics) {
    const auto file = open(local.pkcs12, papers, files, diagnostics);
    if (!file)
        return std::nullopt;
    where = file->where;
    auto found = read_pkcs12(file->content, secret_of(local.pkcs12_password, papers));
    if (!found) {
        report(*file, found.error(), diagnostics);
        return std::nullopt;
    }
    return CertificateCredential{.chain = std::move(found->chain),
                                 .private_key = std::move(found->private_key)};
}

std::optional<CertificateCredential> own_from_pair(const AuthTemplate& local, const Papers& papers,
                                                   const PaperFiles& files, base::SourceSpan& where,
                                                   base::Diagnostics& diagnostics) {
    const auto certificate_file = open(local.certificate, papers, files, diagnostics);
    const auto key_file = open(local.private_key, papers, files, diagnostics);
    if (!certificate_file || !key_file)
        return std::nullopt;
    where = certificate_file->where;
    auto chain = read_certificates(certificate_file->content);
    auto key = read_private_key(key_file->content, secret_of(local.private_key_password, papers));
    if (!chain)
        report(*certificate_file, chain.error(), diagnostics);
    if (!key)
        report(*key_file, key.error(), diagnostics);
    if (!chain || !key)
        return std::nullopt;
    if (!belongs_together(chain->front(), *key)) {
        diagnostics.add({.code = code::key_mismatch,
                         .what = msg(N_("the key in {key} does not belong to the certificate in {file}"),
                                     {{"key", key_file->path}, {"file", certificate_file->path}}),
                         .where = key_file->where,
                         .hints = {}});
        return std::nullopt;
    }
    return CertificateCredential{.chain = std::move(*chain), .private_key = std::move(*key)};
}

/// The keys by which the site may give its certificate: "certificate + private_key, pkcs12".
std::string ways_of(const AuthTemplate& local) {
    const auto key = [](const Template& reference) { return only_placeholder(reference.value).value_or(""); };
    std::string ways;
    if (!local.certificate.value.empty())
        ways = key(local.certificate) + " + " + key(local.private_key);
    if (!local.pkcs12.value.empty())
        ways += (ways.empty() ? "" : ", ") + key(local.pkcs12);
    return ways;
}

std::optional<Credential> settle_certificate(const AuthTemplate& local, const ipsec::Identity* identity,
                                             const Papers& papers, const PaperFiles& files,
                                             base::Diagnostics& diagnostics) {
    const bool pair = papers.given(local.certificate) || papers.given(local.private_key);
    const bool pkcs12 = papers.given(local.pkcs12);
    if (pair == pkcs12) {
        diagnostics.add(
            {.code = pair ? code::duplicate : code::intake_missing,
             .what = pair ? msg(N_("the certificate is given twice: as PKCS#12 and as certificate and key"))
                          : msg(N_("the certificate for the tunnel is missing")),
             .where = papers.place(),
             .hints = {msg(N_("give one of these under [intake]: {ways}"), {{"ways", ways_of(local)}})}});
        return std::nullopt;
    }
    base::SourceSpan where;
    auto own = pkcs12 ? own_from_pkcs12(local, papers, files, where, diagnostics)
                      : own_from_pair(local, papers, files, where, diagnostics);
    if (!own)
        return std::nullopt;
    check_own(*own, where, identity, files.now, diagnostics);
    return Credential(std::move(*own));
}

} // namespace

std::optional<Credential> settle_credential(const AuthTemplate& local, const ipsec::Identity* identity,
                                            const Papers& papers, const PaperFiles& files,
                                            base::Diagnostics& diagnostics) {
    switch (local.method) {
    case ipsec::AuthMethod::psk:
        if (const auto* const psk = papers.require(local.secret) ? secret_of(local.secret, papers) : nullptr)
            return Credential(PskCredential{.psk = *psk});
        break;
    case ipsec::AuthMethod::eap_mschapv2:
        if (const auto* const password =
                papers.require(local.password) ? secret_of(local.password, papers) : nullptr)
            return Credential(EapCredential{.password = *password});
        break;
    case ipsec::AuthMethod::pubkey:
        return settle_certificate(local, identity, papers, files, diagnostics);
    }
    return std::nullopt;
}

std::vector<std::string> settle_authorities(const AuthTemplate& remote, const Papers& papers,
                                            const PaperFiles& files, base::Diagnostics& diagnostics) {
    if (remote.method != ipsec::AuthMethod::pubkey)
        return {};
    std::optional<PaperFile> file;
    if (only_placeholder(remote.ca.value))
        file = open(remote.ca, papers, files, diagnostics);
    else
        file = PaperFile{.path = "ike.remote.ca",
                         .where = remote.ca.where,
                         .content = base::Secret(std::string_view(remote.ca.value))};
    if (!file)
        return {};
    auto authorities = read_certificates(file->content);
    if (!authorities) {
        report(*file, authorities.error(), diagnostics);
        return {};
    }
    for (const auto& authority : *authorities) {
        const auto facts = facts_of(authority);
        if (!facts.authority)
            diagnostics.add({.code = code::not_an_authority,
                             .what = msg(N_("the certificate of {subject} is not that of a CA"),
                                         {{"subject", shown(facts.subject)}}),
                             .where = file->where,
                             .hints = {}});
        check_period(facts, file->where, files.now, diagnostics);
        check_strength(facts, file->where, diagnostics);
    }
    return std::move(*authorities);
}

} // namespace eligate::profile
