// SPDX-License-Identifier: Apache-2.0
/// An appliance as an apply left it, in memory: what restore and revive look after.
#pragma once

#include "apply/record.hpp"
#include "apply/restore.hpp"
#include "fakes.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace eligate::apply {

inline plan::Route unreachable(const char* destination) {
    return {.table = 8470,
            .destination = *net::Prefix::parse(destination),
            .type = plan::RouteType::unreachable,
            .device = "",
            .metric = 9000};
}

inline plan::Rule rule() {
    return {.priority = 211,
            .action = plan::RuleAction::lookup,
            .to = std::nullopt,
            .target = 8470,
            .suppress_prefixlength = std::nullopt};
}

/// As an apply leaves it: kernel, files and charon.
inline plan::State committed() {
    plan::State state;
    plan::put(state, plan::FirewallTable{.listing = "table inet eligate {\n}\n"});
    plan::put(state, plan::File{.path = "/etc/swanctl/conf.d/eligate.conf", .content = base::Secret()});
    plan::put(state, plan::Sysctl{.name = "net.ipv4.ip_forward", .value = "1"});
    plan::put(state, unreachable("10.20.0.0/16"));
    plan::put(state, rule());
    plan::put(state, plan::Tunnel{.name = "eligate", .via = {}, .credential = "f"});
    return state;
}

/// The machine that refuses to be read where a state names one of these keys.
class HalfBlindMachine : public FakeMachine {
  public:
    base::Result<plan::State> observe(std::span<const plan::State> scope) override {
        ++observations;
        for (const auto& named : scope)
            for (const auto& [key, resource] : named) {
                asked.push_back(key);
                if (std::ranges::find(unreadable, key) != unreadable.end())
                    return base::fail(fake_fault, base::msg("scripted"), {{"error", "no such thing"}});
            }
        return FakeMachine::observe(scope);
    }
    std::vector<std::string> unreadable;
    std::vector<std::string> asked;
    std::size_t observations = 0;
};

struct Appliance {
    Appliance() {
        machine.state = committed();
        REQUIRE(write_record(store, {.generation = 3,
                                     .committed_at = 1,
                                     .profile_id = "example-psk",
                                     .revision = 1,
                                     .clinic = "",
                                     .owned = committed(),
                                     .baseline = {}}));
        store.writes = 0;
    }
    Engine engine() {
        return {.machine = machine,
                .store = store,
                .observer = observer,
                .deadline = deadline,
                .cancel = cancel,
                .now = [] { return std::int64_t{0}; }};
    }
    Restoration restored() {
        auto answer = restore(engine(), canonical);
        REQUIRE(answer);
        return std::move(*answer);
    }
    /// Keys of what was done, in order.
    std::vector<std::string> done() const {
        std::vector<std::string> keys;
        keys.reserve(machine.acted.size());
        for (const auto& action : machine.acted)
            keys.push_back(action.key());
        return keys;
    }
    void lose(const std::string& key) { REQUIRE(machine.state.erase(key) == 1); }

    HalfBlindMachine machine;
    FakeStore store;
    SilentObserver observer;
    FakeDeadline deadline;
    base::Cancel cancel;
    std::size_t canonical_asked = 0;
    CanonicalFirewall canonical = [this](const std::string& text) {
        ++canonical_asked;
        return base::Result<std::string>(text);
    };
};

inline const std::string table = "nft inet eligate";

} // namespace eligate::apply
