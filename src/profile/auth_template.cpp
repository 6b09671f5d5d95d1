// SPDX-License-Identifier: Apache-2.0
#include "profile/auth_template.hpp"

#include "catalog/catalog.hpp"
#include "profile/placeholder.hpp"
#include "profile/utf8.hpp"
#include "profile/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace eligate::profile {
namespace {

using base::msg;
namespace code = catalog::code;

void ikev1(base::Diagnostics& diagnostics, const base::SourceSpan& where) {
    diagnostics.add({.code = code::ikev1_refused,
                     .what = msg(N_("this asks for IKEv1 (XAUTH, aggressive mode), which is refused")),
                     .where = where,
                     .hints = {msg(N_("ask the VPN provider for IKEv2 connection papers"))}});
}

void wrong_placeholder(base::Diagnostics& diagnostics, base::Message what, const base::SourceSpan& where) {
    diagnostics.add({.code = code::placeholder_wrong, .what = std::move(what), .where = where, .hints = {}});
}

/// Placeholders of a text that people and strongSwan may see: known, not secret, not a file.
bool check_placeholders(const Template& text, std::string_view key, const Provider& provider,
                        base::Diagnostics& diagnostics) {
    const auto parts = parts_of(text.value);
    if (!parts) {
        wrong_placeholder(
            diagnostics,
            msg(N_("{key}: the braces of a placeholder do not match"), {{"key", std::string(key)}}),
            text.where);
        return false;
    }
    bool good = true;
    for (const auto& part : *parts) {
        if (!part.placeholder)
            continue;
        const auto* const intake = provider.find_intake(part.text);
        const std::vector<base::Argument> arguments{{"placeholder", fmt::format("{{{}}}", shown(part.text))}};
        const auto where = part_of(text.where, text.value, part.offset, part.text.size() + 2);
        good = good && intake != nullptr && !intake->secret && intake->kind == IntakeKind::text;
        if (intake == nullptr)
            wrong_placeholder(diagnostics, msg(N_("{placeholder} is no key of an [[intake]]"), arguments),
                              where);
        else if (intake->secret)
            wrong_placeholder(diagnostics,
                              msg(N_("{placeholder} is a secret and would be seen here"), arguments), where);
        else if (intake->kind == IntakeKind::file)
            wrong_placeholder(diagnostics,
                              msg(N_("{placeholder} is a file and cannot stand here"), arguments), where);
    }
    return good;
}

/// The template with what such papers may carry; nothing if a placeholder's form is not known.
std::optional<Located<std::string>> with_examples(const Template& text, const Provider& provider) {
    auto filled = fill(text.value, [&](std::string_view key) -> std::optional<std::string> {
        const auto* const intake = provider.find_intake(key);
        return intake != nullptr && intake->pattern ? std::optional(intake->pattern->example())
                                                    : std::nullopt;
    });
    if (!filled)
        return std::nullopt;
    return Located<std::string>{.value = std::move(*filled), .where = text.where};
}

Template read_identity(Table& table, std::string_view side, const Provider& provider) {
    const auto id = table.text("id", Word::any, Need::required);
    if (!id)
        return {};
    const auto key = fmt::format("ike.{}.id", side);
    if (!check_placeholders(*id, key, provider, table.diagnostics()))
        return {};
    if (const auto example = with_examples(*id, provider);
        example && !check_identity(*example, key, table.diagnostics()))
        return {};
    return *id;
}

enum class Holds : std::uint8_t { secret, file };

/// A key whose whole value must be one placeholder.
Template read_reference(Table& table, std::string_view key, Holds holds, const Provider& provider,
                        Need need) {
    const auto* const node = table.value(key, Node::Type::string, need);
    if (node == nullptr)
        return {};
    Template text{.value = node->text, .where = node->where};
    auto& diagnostics = table.diagnostics();
    const auto placeholder = only_placeholder(text.value);
    if (!placeholder) {
        if (holds == Holds::secret)
            diagnostics.add(
                {.code = code::secret_in_profile,
                 .what = msg(N_("{key} must be a placeholder; a secret does not belong into a profile"),
                             {{"key", std::string(key)}}),
                 .where = text.where,
                 .hints = {msg(N_("for example {example}, with an [[intake]] of that key and secret = true"),
                               {{"example", "{psk}"}})}});
        else
            wrong_placeholder(diagnostics,
                              msg(N_("{key} must be the placeholder of an [[intake]] with kind = \"file\""),
                                  {{"key", std::string(key)}}),
                              text.where);
        return text;
    }
    const std::vector<base::Argument> arguments{{"placeholder", fmt::format("{{{}}}", shown(*placeholder))}};
    const auto* const intake = provider.find_intake(*placeholder);
    if (intake == nullptr)
        wrong_placeholder(diagnostics, msg(N_("{placeholder} is no key of an [[intake]]"), arguments),
                          text.where);
    else if (holds == Holds::secret && !intake->secret)
        wrong_placeholder(diagnostics,
                          msg(N_("the [[intake]] of {placeholder} needs secret = true"), arguments),
                          text.where);
    else if (holds == Holds::file && intake->kind != IntakeKind::file)
        wrong_placeholder(diagnostics,
                          msg(N_("the [[intake]] of {placeholder} needs kind = \"file\""), arguments),
                          text.where);
    return text;
}

std::optional<ipsec::AuthMethod> read_method(Table& table, std::initializer_list<std::string_view> words) {
    using ipsec::AuthMethod;
    if (const auto* const entry = table.entry("auth");
        entry != nullptr && entry->node.type == Node::Type::string) {
        const auto& text = entry->node.text;
        if (text.starts_with("xauth") || text.starts_with("hybrid")) {
            ikev1(table.diagnostics(), entry->node.where);
            return std::nullopt;
        }
    }
    const auto word = table.choice("auth", words, Need::required);
    if (!word)
        return std::nullopt;
    if (word->value == "psk")
        return AuthMethod::psk;
    return word->value == "pubkey" ? AuthMethod::pubkey : AuthMethod::eap_mschapv2;
}

void read_own_certificate(Table& table, AuthTemplate& auth, const Provider& provider) {
    auth.certificate = read_reference(table, "certificate", Holds::file, provider, Need::optional);
    auth.private_key = read_reference(table, "private_key", Holds::file, provider, Need::optional);
    auth.private_key_password =
        read_reference(table, "private_key_password", Holds::secret, provider, Need::optional);
    auth.pkcs12 = read_reference(table, "pkcs12", Holds::file, provider, Need::optional);
    auth.pkcs12_password = read_reference(table, "pkcs12_password", Holds::secret, provider, Need::optional);
    const bool half = auth.certificate.value.empty() != auth.private_key.value.empty();
    if (half || (auth.certificate.value.empty() && auth.pkcs12.value.empty()))
        table.diagnostics().add({.code = code::missing_key,
                                 .what = msg(N_("ike.local needs certificate and private_key, or pkcs12")),
                                 .where = table.where(),
                                 .hints = {}});
}

void read_ca(Table& table, AuthTemplate& auth, const Provider& provider) {
    const auto* const node = table.value("ca", Node::Type::string, Need::required);
    if (node == nullptr)
        return;
    if (node->text.starts_with("-----BEGIN CERTIFICATE-----")) {
        auth.ca = {.value = node->text, .where = node->where};
        return;
    }
    auth.ca = read_reference(table, "ca", Holds::file, provider, Need::required);
}

} // namespace

void refuse_ikev1(Table& table) {
    constexpr auto keys = std::to_array<std::string_view>({"ikev1", "aggressive", "aggressive_mode",
                                                           "main_mode", "xauth", "xauth_id", "xauth_user",
                                                           "xauth_password", "exchange_mode", "keyexchange"});
    for (const auto key : keys)
        if (const auto* const entry = table.entry_if_present(key))
            ikev1(table.diagnostics(), entry->key_where);
    const auto* const version = table.entry_if_present("version");
    if (version == nullptr || (version->node.type == Node::Type::integer && version->node.integer == 2))
        return;
    if (version->node.type == Node::Type::integer && version->node.integer == 1)
        ikev1(table.diagnostics(), version->node.where);
    else
        table.diagnostics().add({.code = code::wrong_word,
                                 .what = msg(N_("the IKE version can only be 2")),
                                 .where = version->node.where,
                                 .hints = {}});
}

AuthTemplate read_local_auth(Table& table, const Provider& provider) {
    AuthTemplate auth;
    auth.where = table.where();
    refuse_ikev1(table);
    const auto method = read_method(table, {"psk", "eap-mschapv2", "pubkey"});
    auth.id = read_identity(table, "local", provider);
    if (!method)
        return auth;
    auth.method = *method;
    switch (auth.method) {
    case ipsec::AuthMethod::psk:
        auth.secret = read_reference(table, "secret", Holds::secret, provider, Need::required);
        break;
    case ipsec::AuthMethod::eap_mschapv2:
        if (const auto eap_id = table.text("eap_id", Word::any, Need::optional);
            eap_id && check_placeholders(*eap_id, "ike.local.eap_id", provider, table.diagnostics())) {
            auth.eap_id = *eap_id;
            if (const auto example = with_examples(*eap_id, provider))
                check_eap_id(*example, table.diagnostics());
        }
        auth.password = read_reference(table, "password", Holds::secret, provider, Need::required);
        break;
    case ipsec::AuthMethod::pubkey:
        read_own_certificate(table, auth, provider);
        break;
    }
    table.finish();
    return auth;
}

AuthTemplate read_remote_auth(Table& table, const Provider& provider) {
    AuthTemplate auth;
    auth.where = table.where();
    refuse_ikev1(table);
    const auto method = read_method(table, {"psk", "pubkey"});
    auth.id = read_identity(table, "remote", provider);
    if (!method)
        return auth;
    auth.method = *method;
    if (auth.method == ipsec::AuthMethod::pubkey)
        read_ca(table, auth, provider);
    table.finish();
    return auth;
}

void check_auth_combination(const Provider& provider, base::Diagnostics& diagnostics) {
    using ipsec::AuthMethod;
    const auto refuse = [&](base::Message what) {
        diagnostics.add({.code = code::auth_combination,
                         .what = std::move(what),
                         .where = provider.remote.where,
                         .hints = {}});
    };
    if (provider.remote.id.value.empty() || provider.remote.method == AuthMethod::pubkey)
        return;
    if (provider.local.method == AuthMethod::eap_mschapv2)
        refuse(msg(N_("with EAP-MSCHAPv2 the gateway must prove itself by certificate: remote needs auth = "
                      "\"pubkey\"")));
    if (provider.local.method == AuthMethod::pubkey)
        refuse(msg(N_("remote cannot use a pre-shared key when local uses a certificate: remote needs auth = "
                      "\"pubkey\"")));
}

bool check_host_template(const Template& text, std::string_view key, const Provider& provider,
                         base::Diagnostics& diagnostics) {
    if (!check_placeholders(text, key, provider, diagnostics))
        return false;
    const auto example = with_examples(text, provider);
    return !example || check_word(*example, Word::host, key, diagnostics);
}

void hide_secrets(const Provider& provider, Document& document) {
    for (const auto* text : {&provider.local.secret, &provider.local.password,
                             &provider.local.private_key_password, &provider.local.pkcs12_password})
        if (!text->value.empty() && !only_placeholder(text->value))
            document.hide(text->where);
}

} // namespace eligate::profile
