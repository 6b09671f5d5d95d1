// SPDX-License-Identifier: Apache-2.0
#include "linux/charon_resources.hpp"

#include "catalog/catalog.hpp"
#include "linux/charon_tunnel.hpp"

#include <algorithm>
#include <set>
#include <variant>

namespace eligate::linux_adapter {
namespace {

using base::Result;

bool is_in_charon(const plan::Resource& resource) {
    return std::holds_alternative<plan::Authority>(resource) ||
           std::holds_alternative<plan::PrivateKey>(resource) ||
           std::holds_alternative<plan::SharedSecret>(resource) ||
           std::holds_alternative<plan::Connection>(resource) ||
           std::holds_alternative<plan::Tunnel>(resource);
}

std::set<std::string> as_set(std::vector<std::string> names) {
    return {std::make_move_iterator(names.begin()), std::make_move_iterator(names.end())};
}

/// charon lists the subjects of our certificates in its own notation, which we do not imitate: the key that
/// belongs to them is compared by itself.
vici::ListedConnection without_certificates(vici::ListedConnection listed) {
    for (auto& auth : listed.local)
        auth.certs.clear();
    return listed;
}

/// What charon holds, asked for only where a state in the scope needs it.
struct Held {
    std::set<std::string> authorities;
    std::set<std::string> keys;
    std::set<std::string> secrets;
    std::vector<vici::ListedConnection> connections;
    std::vector<vici::IkeSa> sas;
};

Result<Held> ask(vici::Charon& charon) {
    Held held;
    ELIGATE_TRY_ASSIGN(auto authorities, charon.authorities());
    ELIGATE_TRY_ASSIGN(auto keys, charon.key_ids());
    ELIGATE_TRY_ASSIGN(auto secrets, charon.shared_ids());
    ELIGATE_TRY_ASSIGN(held.connections, charon.list_connections());
    ELIGATE_TRY_ASSIGN(held.sas, charon.list_sas());
    held.authorities = as_set(std::move(authorities));
    held.keys = as_set(std::move(keys));
    held.secrets = as_set(std::move(secrets));
    return held;
}

struct Observe {
    const Held& held;

    std::optional<plan::Resource> operator()(const plan::Authority& a) const {
        return held.authorities.contains(a.name) ? std::optional<plan::Resource>(a) : std::nullopt;
    }
    std::optional<plan::Resource> operator()(const plan::PrivateKey& k) const {
        return held.keys.contains(k.key_id) ? std::optional<plan::Resource>(k) : std::nullopt;
    }
    std::optional<plan::Resource> operator()(const plan::SharedSecret& s) const {
        return held.secrets.contains(s.id) ? std::optional<plan::Resource>(s) : std::nullopt;
    }
    std::optional<plan::Resource> operator()(const plan::Connection& c) const {
        const auto found =
            std::ranges::find(held.connections, c.connection.name, &vici::ListedConnection::name);
        if (found == held.connections.end())
            return std::nullopt;
        auto observed = c;
        if (without_certificates(*found) != without_certificates(vici::as_listed(c.connection)))
            observed.altered = "list-conns";
        return observed;
    }
    std::optional<plan::Resource> operator()(const plan::Tunnel& t) const {
        const auto up = is_up(t, held.sas);
        return up && *up ? std::optional<plan::Resource>(t) : std::nullopt;
    }
    template <class Elsewhere>
    std::optional<plan::Resource> operator()(const Elsewhere& /*resource*/) const {
        return std::nullopt;
    }
};

bool is_altered(const plan::Resource& resource) {
    const auto* const connection = std::get_if<plan::Connection>(&resource);
    return connection != nullptr && !connection->altered.empty();
}

} // namespace

Result<> observe_charon(vici::Charon& charon, std::span<const plan::State> scope, plan::State& observed) {
    const bool needed = std::ranges::any_of(scope, [](const plan::State& state) {
        return std::ranges::any_of(state, [](const auto& entry) { return is_in_charon(entry.second); });
    });
    if (!needed)
        return {};
    ELIGATE_TRY_ASSIGN(const auto held, ask(charon));
    for (const auto& state : scope) {
        for (const auto& [key, resource] : state) {
            const auto seen = observed.find(key);
            // A fitting value beats one that charon's own list contradicts.
            if (seen != observed.end() && !is_altered(seen->second))
                continue;
            if (auto found = std::visit(Observe{held}, resource);
                found && (seen == observed.end() || !is_altered(*found)))
                observed.insert_or_assign(key, std::move(*found));
        }
    }
    return {};
}

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Authority& authority) {
    if (action.after)
        return charon.load_authority(authority.name, authority.der);
    ELIGATE_TRY_ASSIGN(const auto names, charon.authorities());
    if (std::ranges::find(names, authority.name) == names.end())
        return {};
    return charon.unload_authority(authority.name);
}

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::PrivateKey& key) {
    if (!action.after)
        return charon.unload_key(key.key_id);
    ELIGATE_TRY_ASSIGN(const auto key_id, charon.load_key(key.der));
    if (key_id != key.key_id)
        return base::fail(catalog::code::charon_refused,
                          base::msg(N_("strongSwan understood another key than was sent")),
                          {{"sent", key.key_id}, {"understood", key_id}});
    return {};
}

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::SharedSecret& secret) {
    if (!action.after)
        return charon.unload_shared(secret.id);
    return charon.load_shared(
        {.id = secret.id,
         .type = secret.type == plan::SharedType::ike ? vici::SharedType::ike : vici::SharedType::eap,
         .owners = secret.owners,
         .secret = secret.secret});
}

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Connection& connection) {
    const auto& wanted = connection.connection;
    if (const auto* const before = action.before ? std::get_if<plan::Connection>(&*action.before) : nullptr;
        before != nullptr && action.after && before->connection != wanted)
        ELIGATE_TRY(end_negotiation(charon, wanted.name));
    if (action.after) {
        // start_action none: eligate brings the tunnel up itself, to see why when it does not come.
        ELIGATE_TRY(
            charon.load_connection(wanted, {.own = connection.certificates}, vici::StartAction::none));
    }
    ELIGATE_TRY_ASSIGN(const auto listed, charon.list_connections());
    const auto found = std::ranges::find(listed, wanted.name, &vici::ListedConnection::name);
    if (!action.after)
        return found == listed.end() ? Result<>() : charon.unload_connection(wanted.name);
    // Read back what strongSwan understood: silence about a mangled identity would be a hole.
    if (found == listed.end() ||
        without_certificates(*found) != without_certificates(vici::as_listed(wanted)))
        return base::fail(catalog::code::charon_misunderstood,
                          base::msg(N_("strongSwan lists the connection {name} otherwise than it was loaded"),
                                    {{"name", wanted.name}}),
                          {{"connection", wanted.name}});
    return {};
}

} // namespace eligate::linux_adapter
