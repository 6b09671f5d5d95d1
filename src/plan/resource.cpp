// SPDX-License-Identifier: Apache-2.0
#include "plan/resource.hpp"

#include <fmt/format.h>

namespace eligate::plan {
namespace {

struct KeyOf {
    std::string operator()(const FirewallTable& /*table*/) const { return "nft inet eligate"; }
    std::string operator()(const File& f) const { return "file " + f.path; }
    std::string operator()(const Sysctl& s) const { return "sysctl " + s.name; }
    std::string operator()(const Link& l) const { return "link " + l.name; }
    std::string operator()(const Route& r) const {
        return fmt::format("route {} {} metric {}", r.table, r.destination.text(), r.metric);
    }
    std::string operator()(const Rule& r) const {
        return fmt::format("rule {} to {}", r.priority, r.to ? r.to->text() : "all");
    }
    std::string operator()(const Authority& a) const { return "authority " + a.name; }
    std::string operator()(const PrivateKey& k) const { return "private-key " + k.key_id; }
    std::string operator()(const SharedSecret& s) const { return "secret " + s.id; }
    std::string operator()(const Connection& c) const { return "connection " + c.connection.name; }
    std::string operator()(const Tunnel& t) const { return "tunnel " + t.name; }
    std::string operator()(const AssignedSource& a) const { return "source " + a.tunnel; }
    std::string operator()(const Forwarder& f) const { return "forwarder " + f.settings; }
};

} // namespace

std::string key_of(const Resource& resource) {
    return std::visit(KeyOf{}, resource);
}

void put(State& state, Resource resource) {
    auto key = key_of(resource);
    state.insert_or_assign(std::move(key), std::move(resource));
}

} // namespace eligate::plan
