// SPDX-License-Identifier: Apache-2.0
/// A site on a machine in memory, to be applied, removed and recovered.
#pragma once

#include "catalog/catalog.hpp"
#include "fakes.hpp"

#include <initializer_list>
#include <utility>

namespace eligate::apply {

inline plan::File file(const char* path, const char* text) {
    return {.path = path, .mode = 0600, .content = base::Secret(text), .sensitive = true};
}

inline plan::State state_of(std::initializer_list<plan::Resource> resources) {
    plan::State state;
    for (const auto& resource : resources)
        plan::put(state, resource);
    return state;
}

inline plan::State machine_before() {
    return state_of({plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "0"}, file("/etc/old", "old"),
                     file("/etc/foreign", "not ours")});
}

inline plan::State wanted() {
    return state_of({plan::FirewallTable{.listing = "table"}, file("/etc/old", "new"),
                     file("/etc/new", "new"), plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"},
                     plan::Tunnel{.name = "eligate", .via = {}, .credential = "a"}});
}

inline verify::Report report(verify::Status status) {
    return {.checks = {{.id = "dns.x",
                        .status = status,
                        .party = catalog::Party::centre,
                        .title = base::msg("x"),
                        .what = {},
                        .evidence = {},
                        .millis = {},
                        .code = catalog::code::not_proven}}};
}

struct Scene {
    FakeMachine machine;
    FakeStore store;
    SilentObserver observer;
    FakeDeadline deadline;
    base::Cancel cancel;
    Engine engine{machine, store, observer, deadline, cancel, [] { return std::int64_t{1'700'000'000}; }};
    verify::Status preflight = verify::Status::pass;
    verify::Status proof = verify::Status::pass;

    Scene() { machine.state = machine_before(); }

    Goal goal(plan::State desired) {
        return {.desired = std::move(desired),
                .profile_id = "example-psk",
                .revision = 1,
                .clinic = "山田医院",
                .preflight = [this] { return report(preflight); },
                .prove = [this](const verify::Report&) { return report(proof); }};
    }
    base::Result<Outcome> apply(plan::State desired) {
        return apply_goal(engine, goal(std::move(desired)), [](const Plan&) { return true; });
    }
    base::Result<Outcome> remove() const {
        return remove_all(engine, [](const Plan&) { return true; });
    }
};

inline plan::State with_foreign(plan::State state) {
    plan::put(state, file("/etc/foreign", "not ours"));
    return state;
}

} // namespace eligate::apply
