// SPDX-License-Identifier: Apache-2.0
#include "vici/charon.hpp"

#include "catalog/catalog.hpp"
#include "vici/number.hpp"

#include <algorithm>
#include <utility>

namespace eligate::vici {
namespace {

namespace code = catalog::code;
using std::chrono::milliseconds;

// vici_cred.c reads each owner into 256 bytes and cuts what is longer.
constexpr std::size_t owner_limit = 255;

std::string_view word_of(SharedType type) {
    return type == SharedType::ike ? "ike" : "eap";
}

base::Unexpected unfit(const char* setting) {
    return base::fail(
        code::value_unfit,
        base::msg(N_("The value of \"{setting}\" is too long for strongSwan, or has characters it refuses."),
                  {{"setting", setting}}),
        {{"setting", setting}});
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

} // namespace

bool Stats::has_plugin(std::string_view name) const {
    return std::ranges::find(plugins, name) != plugins.end();
}

Charon::Charon(Connect connect, const base::Cancel& cancel, milliseconds patience)
    : m_connect(std::move(connect))
    , m_cancel(&cancel)
    , m_patience(patience) {}

Wait Charon::wait(milliseconds extra) const {
    return {.deadline = std::chrono::steady_clock::now() + m_patience + extra, .cancel = *m_cancel};
}

base::Result<Session*> Charon::session(const Wait& wait) {
    if (!m_session || !m_session->usable()) {
        m_session.reset();
        ELIGATE_TRY_ASSIGN(auto stream, m_connect(wait));
        m_session.emplace(std::move(stream));
    }
    return &*m_session;
}

base::Result<Message> Charon::request(std::string_view command, const Message& message) {
    const Wait limit = wait();
    ELIGATE_TRY_ASSIGN(Session * open, session(limit));
    return open->request(command, message, limit);
}

base::Result<std::vector<Message>> Charon::list(std::string_view command, const Message& message,
                                                std::string_view event, milliseconds extra) {
    const Wait limit = wait(extra);
    ELIGATE_TRY_ASSIGN(Session * open, session(limit));
    return open->list(command, message, event, limit);
}

base::Result<std::vector<std::string>> Charon::names(std::string_view command, std::string_view list) {
    ELIGATE_TRY_ASSIGN(const Message answer, request(command, {}));
    return answer.list(list);
}

base::Result<Version> Charon::version() {
    ELIGATE_TRY_ASSIGN(const Message answer, request("version", {}));
    return Version{.daemon = answer.text("daemon"), .version = answer.text("version")};
}

base::Result<Stats> Charon::stats() {
    ELIGATE_TRY_ASSIGN(const Message answer, request("stats", {}));
    return Stats{.since = answer.text("uptime.since"),
                 .plugins = answer.list("plugins"),
                 .ike_sas = number_or<std::uint32_t>(answer, "ikesas.total", 0),
                 .half_open = number_or<std::uint32_t>(answer, "ikesas.half-open", 0)};
}

base::Result<OfferedAlgorithms> Charon::algorithms() {
    ELIGATE_TRY_ASSIGN(const Message answer, request("get-algorithms", {}));
    return offered_algorithms(answer);
}

base::Result<> Charon::reload_settings() {
    ELIGATE_TRY(request("reload-settings", {}));
    return {};
}

base::Result<> Charon::load_connection(const ipsec::Connection& connection, const Certificates& certificates,
                                       StartAction start) {
    ELIGATE_TRY_ASSIGN(const Message message, connection_message(connection, start, certificates));
    ELIGATE_TRY(request("load-conn", message));
    return {};
}

base::Result<> Charon::unload_connection(const std::string& name) {
    ELIGATE_TRY(request("unload-conn", Message().add("name", name)));
    return {};
}

base::Result<std::vector<ListedConnection>> Charon::list_connections() {
    ELIGATE_TRY_ASSIGN(const auto events, list("list-conns", {}, "list-conn"));
    std::vector<ListedConnection> connections;
    for (const auto& event : events) {
        ELIGATE_TRY_ASSIGN(ListedConnection connection, listed_connection(event));
        connections.push_back(std::move(connection));
    }
    return connections;
}

base::Result<> Charon::load_shared(const Shared& shared) {
    if (shared.owners.empty() || shared.id.empty() || !is_printable(shared.id))
        return unfit("secrets");
    for (const auto& owner : shared.owners)
        if (owner.empty() || owner.size() > owner_limit || !is_printable(owner))
            return unfit("owners");
    ELIGATE_TRY(request("load-shared", Message()
                                           .add("id", shared.id)
                                           .add("type", std::string(word_of(shared.type)))
                                           .add_secret("data", shared.secret)
                                           .add_list("owners", shared.owners)));
    return {};
}

base::Result<> Charon::unload_shared(const std::string& id) {
    ELIGATE_TRY(request("unload-shared", Message().add("id", id)));
    return {};
}

base::Result<std::vector<std::string>> Charon::shared_ids() {
    return names("get-shared", "keys");
}

base::Result<std::string> Charon::load_key(const base::Secret& der) {
    ELIGATE_TRY_ASSIGN(const Message answer,
                       request("load-key", Message().add("type", "any").add_secret("data", der)));
    return answer.text("id");
}

base::Result<> Charon::unload_key(const std::string& key_id) {
    ELIGATE_TRY(request("unload-key", Message().add("id", key_id)));
    return {};
}

base::Result<std::vector<std::string>> Charon::key_ids() {
    return names("get-keys", "keys");
}

base::Result<> Charon::load_certificate(const std::string& der) {
    ELIGATE_TRY(request("load-cert", Message().add("type", "X509").add("flag", "NONE").add("data", der)));
    return {};
}

base::Result<std::vector<ListedCertificate>> Charon::certificates() {
    ELIGATE_TRY_ASSIGN(const auto events, list("list-certs", Message().add("type", "X509"), "list-cert"));
    std::vector<ListedCertificate> certificates;
    for (const auto& event : events)
        certificates.push_back({.der = event.text("data"),
                                .is_authority = event.value("flag") == "CA",
                                .has_private_key = event.flag("has_privkey")});
    return certificates;
}

base::Result<> Charon::load_authority(const std::string& name, const std::string& der) {
    ELIGATE_TRY(request("load-authority", Message().add_section(name, Message().add("cacert", der))));
    return {};
}

base::Result<> Charon::unload_authority(const std::string& name) {
    ELIGATE_TRY(request("unload-authority", Message().add("name", name)));
    return {};
}

base::Result<std::vector<std::string>> Charon::authorities() {
    return names("get-authorities", "authorities");
}

base::Result<std::vector<IkeSa>> Charon::list_sas(const std::string& ike, Busy busy) {
    Message message;
    if (!ike.empty())
        message.add("ike", ike);
    // The key counts, whatever its value (vici_query.c, 5.9.8).
    if (busy == Busy::leave_out)
        message.add("noblock", "yes");
    const milliseconds extra = busy == Busy::wait ? busy_allowance : milliseconds(0);
    ELIGATE_TRY_ASSIGN(const auto events, list("list-sas", message, "list-sa", extra));
    std::vector<IkeSa> sas;
    for (const auto& event : events) {
        ELIGATE_TRY_ASSIGN(IkeSa sa, ike_sa(event));
        sas.push_back(std::move(sa));
    }
    return sas;
}

base::Result<Terminated> Charon::terminate(const std::string& ike, bool force, milliseconds timeout) {
    return terminate(Message().add("ike", ike), force, timeout);
}

base::Result<Terminated> Charon::terminate_id(std::uint32_t ike_id, bool force, milliseconds timeout) {
    return terminate(Message().add("ike-id", std::to_string(ike_id)), force, timeout);
}

base::Result<Terminated> Charon::terminate(const Message& selector, bool force, milliseconds timeout) {
    // 0 would wait for ever.
    timeout = std::max(timeout, milliseconds(1));
    Message message = selector;
    message.add("force", force ? "yes" : "no").add("timeout", std::to_string(timeout.count()));
    const Wait limit = wait(timeout + busy_allowance);
    ELIGATE_TRY_ASSIGN(Session * open, session(limit));
    ELIGATE_TRY_ASSIGN(const Message answer, open->exchange("terminate", message, limit));
    const Terminated result{.matches = number_or<std::uint32_t>(answer, "matches", 0),
                            .terminated = number_or<std::uint32_t>(answer, "terminated", 0)};
    if (answer.value("success") != "no" || result.matches == 0)
        return result;
    if (force) {
        // charon calls it a failure that the peer did not confirm in time, but then destroys the SA all the
        // same, before it answers (controller.c, 5.9.8). So what counts is whether it is still there.
        ELIGATE_TRY_ASSIGN(const auto left, list("list-sas", selector, "list-sa"));
        if (left.empty())
            return Terminated{.matches = result.matches, .terminated = result.matches};
    }
    return base::fail(code::charon_refused,
                      base::msg(N_("strongSwan refused {command}: {errmsg}"),
                                {{"command", "terminate"}, {"errmsg", answer.text("errmsg")}}),
                      {{"command", "terminate"}, {"strongswan", answer.text("errmsg")}});
}

} // namespace eligate::vici
