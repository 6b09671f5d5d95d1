// SPDX-License-Identifier: Apache-2.0
#include "apply/state_json.hpp"

#include "base/base64.hpp"
#include "catalog/catalog.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <type_traits>
#include <variant>

namespace eligate::apply {
namespace {

using Json = nlohmann::ordered_json;

/// Thrown inside this file only, and turned into record_damaged at its two doors.
struct Damaged {};

std::string encoded(std::string_view bytes) {
    return std::string(base::base64(bytes).expose());
}

template <class T>
T required(std::optional<T> value) {
    if (!value)
        throw Damaged();
    return std::move(*value);
}

base::Secret secret_of(const Json& json) {
    auto text = json.get<std::string>();
    auto secret = required(base::from_base64(text));
    base::wipe(text);
    return secret;
}

std::string decoded(const Json& json) {
    return std::string(required(base::from_base64(json.get<std::string>())).expose());
}

net::Prefix prefix_of(const Json& json) {
    return required(net::Prefix::parse(json.get<std::string>()));
}

Json json_of_prefixes(const std::vector<net::Prefix>& prefixes) {
    auto list = Json::array();
    for (const auto& prefix : prefixes)
        list.push_back(prefix.text());
    return list;
}

std::vector<net::Prefix> prefixes_of(const Json& json) {
    std::vector<net::Prefix> prefixes;
    for (const auto& element : json)
        prefixes.push_back(prefix_of(element));
    return prefixes;
}

Json json_of_proposals(const std::vector<ipsec::Proposal>& proposals) {
    auto list = Json::array();
    for (const auto& proposal : proposals)
        list.push_back(proposal.text());
    return list;
}

std::vector<ipsec::Proposal> proposals_of(const Json& json, ipsec::Protocol protocol) {
    std::vector<ipsec::Proposal> proposals;
    for (const auto& element : json)
        proposals.push_back(required(ipsec::Proposal::parse(element.get<std::string>(), protocol).proposal));
    return proposals;
}

Json json_of_auth(const ipsec::Auth& auth) {
    return {{"method", static_cast<int>(auth.method)},
            {"id", auth.id.text()},
            {"eap_id", auth.eap_id ? Json(*auth.eap_id) : Json()},
            {"authority_subject", encoded(auth.authority_subject)}};
}

ipsec::Auth auth_of(const Json& json) {
    ipsec::Auth auth;
    auth.method = static_cast<ipsec::AuthMethod>(json.at("method").get<int>());
    auth.id = required(ipsec::Identity::parse(json.at("id").get<std::string>()));
    if (!json.at("eap_id").is_null())
        auth.eap_id = json.at("eap_id").get<std::string>();
    auth.authority_subject = decoded(json.at("authority_subject"));
    return auth;
}

Json json_of_number(const std::optional<std::uint32_t>& number) {
    return number ? Json(*number) : Json();
}

std::optional<std::uint32_t> number_of(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(json.get<std::uint32_t>());
}

Json json_of_connection(const ipsec::Connection& c) {
    return {{"name", c.name},
            {"gateway", c.gateway},
            {"proposals", json_of_proposals(c.proposals)},
            {"local", json_of_auth(c.local)},
            {"remote", json_of_auth(c.remote)},
            {"virtual_ip", c.virtual_ip},
            {"mobike", c.mobike},
            {"start_at_boot", c.start_at_boot},
            {"child",
             {{"name", c.child.name},
              {"proposals", json_of_proposals(c.child.proposals)},
              {"local_ts", json_of_prefixes(c.child.local_ts)},
              {"remote_ts", json_of_prefixes(c.child.remote_ts)},
              {"replay_window", json_of_number(c.child.replay_window)},
              {"if_id", json_of_number(c.child.if_id)},
              {"updown", c.child.updown}}}};
}

ipsec::Connection connection_of(const Json& json) {
    const auto& child = json.at("child");
    ipsec::Connection connection;
    connection.name = json.at("name").get<std::string>();
    connection.gateway = json.at("gateway").get<std::string>();
    connection.proposals = proposals_of(json.at("proposals"), ipsec::Protocol::ike);
    connection.local = auth_of(json.at("local"));
    connection.remote = auth_of(json.at("remote"));
    connection.virtual_ip = json.at("virtual_ip").get<bool>();
    connection.mobike = json.at("mobike").get<bool>();
    connection.start_at_boot = json.at("start_at_boot").get<bool>();
    connection.child = {.name = child.at("name").get<std::string>(),
                        .proposals = proposals_of(child.at("proposals"), ipsec::Protocol::esp),
                        .local_ts = prefixes_of(child.at("local_ts")),
                        .remote_ts = prefixes_of(child.at("remote_ts")),
                        .replay_window = number_of(child.at("replay_window")),
                        .if_id = number_of(child.at("if_id")),
                        .updown = child.at("updown").get<std::string>()};
    return connection;
}

/// Writing: one overload a kind; the first member names the kind.
struct Write {
    Json operator()(const plan::FirewallTable& t) const {
        return {{"kind", "firewall"}, {"listing", t.listing}};
    }
    Json operator()(const plan::File& f) const {
        return {{"kind", "file"},           {"path", f.path},
                {"mode", f.mode},           {"content", encoded(f.content.expose())},
                {"sensitive", f.sensitive}, {"reader", static_cast<int>(f.reader)}};
    }
    Json operator()(const plan::Sysctl& s) const {
        return {{"kind", "sysctl"}, {"name", s.name}, {"value", s.value}};
    }
    Json operator()(const plan::Link& l) const {
        return {{"kind", "link"}, {"name", l.name}, {"if_id", l.if_id}, {"mtu", l.mtu}, {"up", l.up}};
    }
    Json operator()(const plan::Route& r) const {
        return {{"kind", "route"},
                {"table", r.table},
                {"destination", r.destination.text()},
                {"type", static_cast<int>(r.type)},
                {"device", r.device},
                {"metric", r.metric},
                {"source", r.source ? Json(r.source->text()) : Json()}};
    }
    Json operator()(const plan::Rule& r) const {
        return {{"kind", "rule"},
                {"priority", r.priority},
                {"to", r.to ? Json(r.to->text()) : Json()},
                {"action", static_cast<int>(r.action)},
                {"target", r.target},
                {"suppress_prefixlength", json_of_number(r.suppress_prefixlength)}};
    }
    Json operator()(const plan::Authority& a) const {
        return {{"kind", "authority"}, {"name", a.name}, {"der", encoded(a.der)}};
    }
    Json operator()(const plan::PrivateKey& k) const {
        return {{"kind", "private-key"}, {"key_id", k.key_id}, {"der", encoded(k.der.expose())}};
    }
    Json operator()(const plan::SharedSecret& s) const {
        return {{"kind", "secret"},
                {"id", s.id},
                {"type", static_cast<int>(s.type)},
                {"owners", s.owners},
                {"secret", encoded(s.secret.expose())}};
    }
    Json operator()(const plan::Connection& c) const {
        auto certificates = Json::array();
        for (const auto& der : c.certificates)
            certificates.push_back(encoded(der));
        return {{"kind", "connection"},
                {"connection", json_of_connection(c.connection)},
                {"certificates", certificates},
                {"altered", c.altered}};
    }
    Json operator()(const plan::Tunnel& t) const {
        auto via = Json::array();
        for (const auto& connection : t.via)
            via.push_back(json_of_connection(connection));
        return {{"kind", "tunnel"}, {"name", t.name}, {"via", via}, {"credential", t.credential}};
    }
    Json operator()(const plan::AssignedSource& a) const {
        return {{"kind", "source"},
                {"tunnel", a.tunnel},
                {"connections", a.connections},
                {"device", a.device},
                {"destinations", json_of_prefixes(a.destinations)}};
    }
    Json operator()(const plan::Forwarder& f) const {
        return {{"kind", "forwarder"}, {"settings", f.settings}};
    }
};

plan::Route route_of(const Json& json) {
    return {.table = json.at("table").get<std::uint32_t>(),
            .destination = prefix_of(json.at("destination")),
            .type = static_cast<plan::RouteType>(json.at("type").get<int>()),
            .device = json.at("device").get<std::string>(),
            .metric = json.at("metric").get<std::uint32_t>(),
            .source =
                json.at("source").is_null()
                    ? std::nullopt
                    : std::optional(required(net::Address::parse(json.at("source").get<std::string>())))};
}

plan::Rule rule_of(const Json& json) {
    plan::Rule rule{.priority = json.at("priority").get<std::uint32_t>(),
                    .action = static_cast<plan::RuleAction>(json.at("action").get<int>()),
                    .to = std::nullopt,
                    .target = json.at("target").get<std::uint32_t>(),
                    .suppress_prefixlength = std::nullopt};
    if (!json.at("to").is_null())
        rule.to = prefix_of(json.at("to"));
    rule.suppress_prefixlength = number_of(json.at("suppress_prefixlength"));
    return rule;
}

plan::Connection connection_resource_of(const Json& json) {
    plan::Connection resource{.connection = connection_of(json.at("connection")),
                              .certificates = {},
                              .altered = json.at("altered").get<std::string>()};
    for (const auto& der : json.at("certificates"))
        resource.certificates.push_back(decoded(der));
    return resource;
}

plan::Tunnel tunnel_of(const Json& json) {
    plan::Tunnel tunnel{.name = json.at("name").get<std::string>(),
                        .via = {},
                        .credential = json.at("credential").get<std::string>()};
    for (const auto& connection : json.at("via"))
        tunnel.via.push_back(connection_of(connection));
    return tunnel;
}

plan::AssignedSource source_of(const Json& json) {
    return {.tunnel = json.at("tunnel").get<std::string>(),
            .connections = json.at("connections").get<std::vector<std::string>>(),
            .device = json.at("device").get<std::string>(),
            .destinations = prefixes_of(json.at("destinations"))};
}

plan::Resource resource_of(const Json& json) {
    const auto kind = json.at("kind").get<std::string>();
    if (kind == "firewall")
        return plan::FirewallTable{.listing = json.at("listing").get<std::string>()};
    if (kind == "file")
        return plan::File{.path = json.at("path").get<std::string>(),
                          .mode = json.at("mode").get<std::uint32_t>(),
                          .content = secret_of(json.at("content")),
                          .sensitive = json.at("sensitive").get<bool>(),
                          .reader = static_cast<plan::Reader>(json.at("reader").get<int>())};
    if (kind == "sysctl")
        return plan::Sysctl{.name = json.at("name").get<std::string>(),
                            .value = json.at("value").get<std::string>()};
    if (kind == "link")
        return plan::Link{.name = json.at("name").get<std::string>(),
                          .if_id = json.at("if_id").get<std::uint32_t>(),
                          .mtu = json.at("mtu").get<std::uint32_t>(),
                          .up = json.at("up").get<bool>()};
    if (kind == "route")
        return route_of(json);
    if (kind == "rule")
        return rule_of(json);
    if (kind == "authority")
        return plan::Authority{.name = json.at("name").get<std::string>(), .der = decoded(json.at("der"))};
    if (kind == "private-key")
        return plan::PrivateKey{.key_id = json.at("key_id").get<std::string>(),
                                .der = secret_of(json.at("der"))};
    if (kind == "secret")
        return plan::SharedSecret{.id = json.at("id").get<std::string>(),
                                  .type = static_cast<plan::SharedType>(json.at("type").get<int>()),
                                  .owners = json.at("owners").get<std::vector<std::string>>(),
                                  .secret = secret_of(json.at("secret"))};
    if (kind == "connection")
        return connection_resource_of(json);
    if (kind == "tunnel")
        return tunnel_of(json);
    if (kind == "source")
        return source_of(json);
    if (kind == "forwarder")
        return plan::Forwarder{.settings = json.at("settings").get<std::string>()};
    throw Damaged();
}

/// Runs a reader; whatever it throws (ours, nlohmann's for a missing or mistyped member) means damage.
template <class Reader>
auto guarded(Reader reader) -> base::Result<std::invoke_result_t<Reader>> {
    try {
        return reader();
    } catch (const Damaged&) {
        return base::fail(catalog::code::record_damaged,
                          base::msg(N_("a value in eligate's record is damaged")));
    } catch (const nlohmann::json::exception& error) {
        return base::fail(catalog::code::record_damaged,
                          base::msg(N_("a value in eligate's record is damaged")),
                          {{"json", std::to_string(error.id)}});
    }
}

Json json_of_resource(const std::optional<plan::Resource>& resource) {
    return resource ? std::visit(Write{}, *resource) : Json();
}

std::optional<plan::Resource> optional_resource_of(const Json& json) {
    return json.is_null() ? std::nullopt : std::optional(resource_of(json));
}

} // namespace

Json to_json(const plan::State& state) {
    auto list = Json::array();
    for (const auto& [key, resource] : state)
        list.push_back(json_of_resource(resource));
    return list;
}

Json to_json(const std::vector<plan::Action>& actions) {
    auto list = Json::array();
    for (const auto& action : actions)
        list.push_back(
            {{"before", json_of_resource(action.before)}, {"after", json_of_resource(action.after)}});
    return list;
}

base::Result<plan::State> state_of(const Json& json) {
    return guarded([&] {
        plan::State state;
        for (const auto& element : json)
            plan::put(state, resource_of(element));
        return state;
    });
}

base::Result<std::vector<plan::Action>> actions_of(const Json& json) {
    return guarded([&] {
        std::vector<plan::Action> actions;
        for (const auto& element : json) {
            plan::Action action{.before = optional_resource_of(element.at("before")),
                                .after = optional_resource_of(element.at("after"))};
            if (!action.before && !action.after)
                throw Damaged();
            actions.push_back(std::move(action));
        }
        return actions;
    });
}

base::Secret text_of(const Json& json) {
    auto text = json.dump();
    base::Secret secret(text);
    base::wipe(text);
    return secret;
}

base::Result<Json> json_of(std::string_view text) {
    auto json = Json::parse(text, nullptr, false);
    if (json.is_discarded())
        return base::fail(catalog::code::record_damaged, base::msg(N_("eligate's record is not readable")));
    return json;
}

} // namespace eligate::apply
