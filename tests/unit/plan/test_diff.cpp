// SPDX-License-Identifier: Apache-2.0
#include "plan/action.hpp"
#include "support/catch.hpp"

using namespace eligate;
using namespace eligate::plan;

namespace {

State state_of(std::initializer_list<Resource> resources) {
    State state;
    for (const auto& resource : resources)
        put(state, resource);
    return state;
}

File file(const char* path, const char* text) {
    return {.path = path, .mode = 0600, .content = base::Secret(text), .sensitive = true};
}

const Sysctl forward_off{.name = "net.ipv4.ip_forward", .value = "0"};
const Sysctl forward_on{.name = "net.ipv4.ip_forward", .value = "1"};
const FirewallTable firewall{.listing = "table inet eligate {\n}\n"};
const Tunnel tunnel{.name = "eligate", .via = {}, .credential = "a"};

} // namespace

TEST_CASE("diff: equal states give no action") {
    const auto state = state_of({firewall, forward_on, file("/a", "x"), tunnel});
    CHECK(diff(state, state).empty());
}

TEST_CASE("diff: the firewall comes first and goes last") {
    const auto state = state_of({tunnel, file("/a", "x"), forward_on, firewall});
    const auto coming = diff({}, state);
    REQUIRE(coming.size() == 4);
    CHECK(coming.front().key() == "nft inet eligate");
    CHECK(coming.back().key() == "tunnel eligate");
    const auto going = diff(state, {});
    REQUIRE(going.size() == 4);
    CHECK(going.front().key() == "tunnel eligate");
    CHECK(going.back().key() == "nft inet eligate");
}

TEST_CASE("diff: a link stands before what is routed to it, and longer") {
    const auto state = state_of({Route{.table = 8470,
                                       .destination = *net::Prefix::parse("10.20.0.0/16"),
                                       .type = RouteType::unicast,
                                       .device = "eligate0",
                                       .metric = 100},
                                 Link{.name = "eligate0", .if_id = 33904, .mtu = 1438}, tunnel, forward_on});
    const auto coming = diff({}, state);
    REQUIRE(coming.size() == 4);
    CHECK(coming[1].key() == "link eligate0");
    CHECK(coming[2].key() == "route 8470 10.20.0.0/16 metric 100");
    const auto going = diff(state, {});
    REQUIRE(going.size() == 4);
    CHECK(going[1].key() == "route 8470 10.20.0.0/16 metric 100");
    CHECK(going[2].key() == "link eligate0");
}

TEST_CASE("diff: a changed secret alone is a change") {
    const auto actions = diff(state_of({file("/a", "old")}), state_of({file("/a", "new")}));
    REQUIRE(actions.size() == 1);
    CHECK(actions[0].verb() == Verb::replace);
}

TEST_CASE("inverse: undoes every mixture of actions") {
    const auto before = state_of({forward_off, file("/a", "old"), file("/gone", "x"), tunnel});
    const auto after = state_of({forward_on, file("/a", "new"), file("/b", "new"), firewall, tunnel});
    const auto actions = diff(before, after);
    CHECK(carried_out(before, actions) == after);
    CHECK(carried_out(after, inverse(actions)) == before);
    CHECK(inverse(inverse(actions)) == actions);
}

TEST_CASE("inverse: puts an old secret back before the old tunnel comes up with it") {
    const SharedSecret old_secret{
        .id = "ike-eligate", .type = SharedType::ike, .owners = {"fqdn:a"}, .secret = base::Secret("old")};
    auto new_secret = old_secret;
    new_secret.secret = base::Secret("new");
    auto new_tunnel = tunnel;
    new_tunnel.credential = "another";
    const auto back = inverse(diff(state_of({old_secret, tunnel}), state_of({new_secret, new_tunnel})));
    REQUIRE(back.size() == 2);
    CHECK(std::holds_alternative<SharedSecret>(back[0].subject()));
    CHECK(std::holds_alternative<Tunnel>(back[1].subject()));
}

TEST_CASE("inverse: undoes every beginning of a list of actions") {
    const auto before = state_of({forward_off, file("/a", "old"), file("/gone", "x")});
    const auto after = state_of({forward_on, file("/a", "new"), file("/b", "new"), firewall, tunnel});
    const auto actions = diff(before, after);
    for (std::size_t count = 0; count <= actions.size(); ++count) {
        const std::vector<Action> begun(actions.begin(),
                                        actions.begin() + static_cast<std::ptrdiff_t>(count));
        CHECK(carried_out(carried_out(before, begun), inverse(begun)) == before);
    }
}

TEST_CASE("describe: says what happens in both tenses and no secret") {
    const Action action{.before = std::nullopt,
                        .after = SharedSecret{.id = "ike-eligate",
                                              .type = SharedType::ike,
                                              .owners = {"fqdn:a"},
                                              .secret = base::Secret("CANARY")}};
    CHECK(base::english(describe(action, Tense::plan)) == "Load the pre-shared key into strongSwan");
    CHECK(base::english(describe(action, Tense::progress)) == "Loading the pre-shared key");
}

TEST_CASE("batch: routes, and rules, of one direction come together; anything else is by itself") {
    const auto route = [](const char* destination) {
        return Route{.table = 8470,
                     .destination = *net::Prefix::parse(destination),
                     .type = RouteType::unreachable,
                     .device = ""};
    };
    const auto rule = [](std::uint32_t priority) {
        return Rule{.priority = priority,
                    .action = RuleAction::lookup,
                    .to = std::nullopt,
                    .target = 8470,
                    .suppress_prefixlength = std::nullopt};
    };
    const auto sizes_of = [](const std::vector<Action>& actions) {
        std::vector<std::size_t> sizes;
        for (std::span<const Action> rest(actions); !rest.empty(); rest = rest.subspan(sizes.back()))
            sizes.push_back(next_batch(rest).size());
        return sizes;
    };
    const auto old_state = state_of({route("10.1.0.0/16"), route("10.2.0.0/16"), rule(211)});
    const auto new_state = state_of({firewall, file("/a", "x"), file("/b", "x"), route("10.2.0.0/16"),
                                     route("10.3.0.0/16"), route("10.4.0.0/16"), rule(212), rule(213)});
    // Two routes, two rules; then a rule and a route less.
    CHECK(sizes_of(diff(old_state, new_state)) == std::vector<std::size_t>{1, 1, 1, 2, 2, 1, 1});
    CHECK(sizes_of(diff({}, old_state)) == std::vector<std::size_t>{2, 1});
    // Nothing but routes, some made and some removed.
    CHECK(sizes_of(diff(state_of({route("10.1.0.0/16"), route("10.2.0.0/16")}),
                        state_of({route("10.3.0.0/16"), route("10.4.0.0/16"), route("10.5.0.0/16")}))) ==
          std::vector<std::size_t>{3, 2});
}

TEST_CASE("diff: what hangs on a tunnel's address is renewed with the tunnel, also where it reads the same") {
    const AssignedSource source{
        .tunnel = "eligate", .connections = {"eligate-1"}, .device = "ipsec0", .destinations = {}};
    const Tunnel old{.name = "eligate", .via = {}, .credential = "a"};
    const Tunnel anew{.name = "eligate", .via = {}, .credential = "b"};
    State before;
    put(before, source);
    put(before, old);
    auto after = before;
    CHECK(diff(before, after).empty());
    put(after, anew);
    const auto actions = diff(before, after);
    REQUIRE(actions.size() == 2);
    CHECK(actions[0].key() == key_of(anew));
    CHECK(actions[1].key() == key_of(source));
    CHECK(actions[1].verb() == Verb::replace);
    const auto back = inverse(actions);
    CHECK(back[0].key() == key_of(anew));
    CHECK(back[1].key() == key_of(source));
}
