// SPDX-License-Identifier: Apache-2.0
#include "vici/listed_connection.hpp"

#include "catalog/catalog.hpp"
#include "vici/connection_message.hpp"
#include "vici/number.hpp"

namespace eligate::vici {
namespace {

ListedAuth listed_auth(const Message& auth) {
    return {.auth_class = auth.text("class"),
            .eap_type = auth.text("eap-type"),
            .id = auth.text("id"),
            .eap_id = auth.text("eap_id"),
            .authority_named = auth.value("ca_id").has_value(),
            .revocation = auth.text("revocation"),
            .groups = auth.list("groups"),
            .certs = auth.list("certs"),
            .cacerts = auth.list("cacerts")};
}

ListedChild listed_child(const std::string& name, const Message& child) {
    return {.name = name,
            .mode = child.text("mode"),
            .rekey_time = number_or<std::uint64_t>(child, "rekey_time", 0),
            .rekey_bytes = number_or<std::uint64_t>(child, "rekey_bytes", 0),
            .rekey_packets = number_or<std::uint64_t>(child, "rekey_packets", 0),
            .dpd_action = child.text("dpd_action"),
            .close_action = child.text("close_action"),
            .local_ts = child.list("local-ts"),
            .remote_ts = child.list("remote-ts")};
}

std::string class_of(ipsec::AuthMethod method) {
    switch (method) {
    case ipsec::AuthMethod::psk:
        return "pre-shared key";
    case ipsec::AuthMethod::eap_mschapv2:
        return "EAP";
    case ipsec::AuthMethod::pubkey:
        return "public key";
    }
    return {};
}

ListedAuth expected_auth(const ipsec::Auth& auth) {
    const bool eap = auth.method == ipsec::AuthMethod::eap_mschapv2;
    return {.auth_class = class_of(auth.method),
            .eap_type = eap ? "EAP_MSCHAPV2" : "",
            .id = auth.id.as_listed(),
            .eap_id = eap ? auth.eap_id.value_or(std::string()) : std::string(),
            .authority_named = !auth.authority_subject.empty(),
            .revocation = {},
            .groups = {},
            .certs = {},
            .cacerts = {}};
}

std::vector<std::string> selectors(const std::vector<net::Prefix>& prefixes) {
    std::vector<std::string> texts;
    texts.reserve(prefixes.size() + 1);
    for (const auto& prefix : prefixes)
        texts.push_back(prefix.text());
    // charon's default for a side without selectors
    if (texts.empty())
        texts.emplace_back("dynamic");
    return texts;
}

} // namespace

base::Result<ListedConnection> listed_connection(const Message& event) {
    const Message* found =
        event.entries().size() == 1 ? std::get_if<Message>(&event.entries().front().content) : nullptr;
    if (found == nullptr)
        return base::fail(catalog::code::charon_protocol,
                          base::msg(N_("strongSwan listed something that is no connection.")));
    const Message& conn = *found;
    ListedConnection listed{.name = event.entries().front().name,
                            .local_addrs = conn.list("local_addrs"),
                            .remote_addrs = conn.list("remote_addrs"),
                            .version = conn.text("version"),
                            .reauth_time = number_or<std::uint64_t>(conn, "reauth_time", 0),
                            .rekey_time = number_or<std::uint64_t>(conn, "rekey_time", 0),
                            .dpd_delay = number_or<std::uint64_t>(conn, "dpd_delay", 0),
                            .unique = conn.text("unique"),
                            .local = {},
                            .remote = {},
                            .children = {}};
    for (const auto& entry : conn.entries()) {
        const auto* section = std::get_if<Message>(&entry.content);
        if (section == nullptr)
            continue;
        // charon numbers the rounds: local-1, remote-1.
        if (entry.name.starts_with("local-"))
            listed.local.push_back(listed_auth(*section));
        else if (entry.name.starts_with("remote-"))
            listed.remote.push_back(listed_auth(*section));
        else if (entry.name == "children")
            for (const auto& child : section->entries())
                if (const auto* settings = std::get_if<Message>(&child.content))
                    listed.children.push_back(listed_child(child.name, *settings));
    }
    return listed;
}

ListedConnection as_listed(const ipsec::Connection& connection, std::vector<std::string> own_subjects) {
    ListedConnection listed{.name = connection.name,
                            .local_addrs = {"%any"},
                            .remote_addrs = {connection.gateway},
                            .version = "IKEv2",
                            .reauth_time = 0,
                            .rekey_time = ike_rekey_seconds,
                            .dpd_delay = dpd_delay_seconds,
                            .unique = "UNIQUE_REPLACE",
                            .local = {expected_auth(connection.local)},
                            .remote = {expected_auth(connection.remote)},
                            .children = {ListedChild{.name = connection.child.name,
                                                     .mode = "TUNNEL",
                                                     .rekey_time = child_rekey_seconds,
                                                     .rekey_bytes = 0,
                                                     .rekey_packets = 0,
                                                     .dpd_action = "start",
                                                     .close_action = "start",
                                                     .local_ts = selectors(connection.child.local_ts),
                                                     .remote_ts = selectors(connection.child.remote_ts)}}};
    listed.local.front().certs = std::move(own_subjects);
    return listed;
}

} // namespace eligate::vici
