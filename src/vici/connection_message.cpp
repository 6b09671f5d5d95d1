// SPDX-License-Identifier: Apache-2.0
#include "vici/connection_message.hpp"

#include "catalog/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace eligate::vici {
namespace {

namespace code = catalog::code;

// The buffers of vici_config.c in 5.9.8, one byte less for the terminating NUL. snprintf cuts what is longer.
constexpr std::size_t text_limit = 511;
constexpr std::size_t auth_limit = 63;
// RFC 1035 section 2.3.4; charon itself takes any length here and fails at resolving.
constexpr std::size_t host_limit = 253;

bool fits(std::string_view value, std::size_t limit) {
    return !value.empty() && value.size() <= limit &&
           std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

/// Collects settings, and remembers the first that charon would cut or refuse.
class Settings {
  public:
    Settings& set(const char* name, std::string value, std::size_t limit = text_limit) {
        judge(name, value, limit);
        m_message.add(name, std::move(value));
        return *this;
    }
    Settings& list(const char* name, List items, std::size_t limit = text_limit) {
        for (const auto& item : items) {
            judge(name, item, limit);
            // A comma separates list items in swanctl.conf.
            if (item.contains(','))
                m_unfit = name;
        }
        m_message.add_list(name, std::move(items));
        return *this;
    }
    Settings& blobs(const char* name, List items) {
        m_message.add_list(name, std::move(items));
        return *this;
    }
    Settings& section(const std::string& name, Settings inner) {
        if (m_unfit.empty())
            m_unfit = inner.m_unfit;
        m_message.add_section(name, std::move(inner.m_message));
        return *this;
    }
    base::Result<Message> finish() && {
        if (m_unfit.empty())
            return std::move(m_message);
        return base::fail(
            code::value_unfit,
            base::msg(
                N_("The value of \"{setting}\" is too long for strongSwan, or has characters it refuses."),
                {{"setting", m_unfit}}),
            {{"setting", m_unfit}});
    }

  private:
    void judge(const char* name, const std::string& value, std::size_t limit) {
        if (m_unfit.empty() && !fits(value, limit))
            m_unfit = name;
    }

    Message m_message;
    std::string m_unfit;
};

std::string seconds(unsigned count) {
    return std::to_string(count) + "s";
}

std::string yes_no(bool value) {
    return value ? "yes" : "no";
}

List texts(const std::vector<ipsec::Proposal>& proposals) {
    List list;
    for (const auto& proposal : proposals)
        list.push_back(proposal.text());
    return list;
}

List texts(const std::vector<net::Prefix>& prefixes) {
    List list;
    for (const auto& prefix : prefixes)
        list.push_back(prefix.text());
    return list;
}

std::string method(ipsec::AuthMethod method) {
    switch (method) {
    case ipsec::AuthMethod::psk:
        return "psk";
    case ipsec::AuthMethod::eap_mschapv2:
        return "eap-mschapv2";
    case ipsec::AuthMethod::pubkey:
        return "pubkey";
    }
    return {};
}

/// A DN byte for byte: read from its text, charon would choose the string types by itself.
std::string encoded_name(std::string_view der) {
    std::string id = "asn1dn:#";
    for (const char byte : der)
        id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    return id;
}

Settings auth_settings(const ipsec::Auth& auth) {
    Settings settings;
    settings.set("auth", method(auth.method), auth_limit).set("id", auth.id.text());
    if (auth.method == ipsec::AuthMethod::eap_mschapv2 && auth.eap_id)
        settings.set("eap_id", eap_identity(auth));
    if (!auth.authority_subject.empty())
        settings.set("ca_id", encoded_name(auth.authority_subject));
    return settings;
}

Settings child_settings(const ipsec::Connection& connection, StartAction start) {
    const auto& child = connection.child;
    Settings settings;
    settings.list("esp_proposals", texts(child.proposals));
    if (!child.local_ts.empty())
        settings.list("local_ts", texts(child.local_ts));
    settings.list("remote_ts", texts(child.remote_ts))
        .set("mode", "tunnel")
        .set("rekey_time", seconds(child_rekey_seconds))
        .set("start_action", start == StartAction::start ? "start" : "none")
        // A dead peer, and a gateway that deletes the child (maintenance), are both followed by a new
        // attempt.
        .set("dpd_action", "restart")
        .set("close_action", "start");
    if (child.replay_window)
        settings.set("replay_window", std::to_string(*child.replay_window));
    if (!child.updown.empty())
        settings.set("updown", child.updown);
    if (child.if_id)
        settings.set("if_id_in", std::to_string(*child.if_id)).set("if_id_out", std::to_string(*child.if_id));
    return settings;
}

} // namespace

std::string eap_identity(const ipsec::Auth& auth) {
    return auth.eap_id ? "fqdn:" + *auth.eap_id : auth.id.text();
}

base::Result<Message> connection_message(const ipsec::Connection& connection, StartAction start,
                                         const Certificates& certificates) {
    Settings settings;
    settings.set("version", "2")
        .list("remote_addrs", {connection.gateway}, host_limit)
        .list("proposals", texts(connection.proposals));
    if (connection.virtual_ip)
        settings.list("vips", {"0.0.0.0"});
    settings.set("unique", "replace")
        .set("mobike", yes_no(connection.mobike))
        .set("fragmentation", "yes")
        .set("encap", "no")
        // Only silence counts as a try; a refusal ends the attempt at once, also with 0 = for ever.
        .set("keyingtries", "0")
        .set("dpd_delay", seconds(dpd_delay_seconds))
        .set("rekey_time", seconds(ike_rekey_seconds))
        .set("reauth_time", "0s");
    if (connection.local.method == ipsec::AuthMethod::pubkey)
        // Some gateways send no CERTREQ, and then get no certificate under the default "ifasked".
        settings.set("send_cert", "always");

    Settings local = auth_settings(connection.local);
    if (!certificates.own.empty())
        local.blobs("certs", certificates.own);
    settings.section("local", std::move(local)).section("remote", auth_settings(connection.remote));

    Settings children;
    children.section(connection.child.name, child_settings(connection, start));
    settings.section("children", std::move(children));
    return std::move(Settings().section(connection.name, std::move(settings))).finish();
}

} // namespace eligate::vici
