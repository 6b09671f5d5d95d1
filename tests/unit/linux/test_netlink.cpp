// SPDX-License-Identifier: Apache-2.0
// Against the kernel that runs the test, in a network namespace of its own.
#include "linux/netlink.hpp"
#include "linux/netlink_batch.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <netlink/errno.h>
#include <sched.h>

#include <algorithm>
#include <functional>
#include <thread>

using namespace eligate;
using namespace eligate::linux_adapter;

namespace {

constexpr std::uint32_t table = 8470;
constexpr std::uint8_t protocol = 97;

/// More than go into one message, and not a multiple.
constexpr unsigned many = 3 * most_changes + 17;

/// A namespace is a thread's, and ends with it. Without root there is none.
bool in_namespace(const std::function<void()>& test) {
    bool entered = false;
    std::thread([&] {
        entered = ::unshare(CLONE_NEWNET) == 0;
        if (entered)
            test();
    }).join();
    if (!entered)
        WARN("needs root: not tested");
    return entered;
}

plan::Route route_to(unsigned number, std::uint32_t metric = 200) {
    return {.table = table,
            .destination = *net::Prefix::parse(fmt::format("10.{}.{}.0/24", number / 256, number % 256)),
            .type = plan::RouteType::unreachable,
            .device = "",
            .metric = metric};
}

std::vector<plan::Action> makes(std::vector<plan::Resource> values) {
    std::vector<plan::Action> actions;
    actions.reserve(values.size());
    for (auto& value : values)
        actions.push_back({.before = std::nullopt, .after = std::move(value)});
    return actions;
}

std::vector<plan::Resource> routes(unsigned count) {
    std::vector<plan::Resource> found;
    found.reserve(count);
    for (unsigned number = 0; number < count; ++number)
        found.emplace_back(route_to(number));
    return found;
}

std::size_t count_of(const base::Result<std::vector<plan::Route>>& found) {
    return found ? found->size() : 0;
}

/// DELROUTE of what is not there: each is refused.
std::vector<MessagePtr> hopeless(unsigned count) {
    std::vector<MessagePtr> messages;
    for (unsigned number = 0; number < count; ++number) {
        messages.emplace_back(nlmsg_alloc_simple(RTM_DELROUTE, 0));
        rtmsg header{};
        header.rtm_family = AF_INET;
        header.rtm_dst_len = 32;
        header.rtm_table = RT_TABLE_MAIN;
        header.rtm_scope = RT_SCOPE_NOWHERE;
        nlmsg_append(messages.back().get(), &header, sizeof header, NLMSG_ALIGNTO);
        nla_put_u32(messages.back().get(), RTA_DST, number);
    }
    return messages;
}

} // namespace

TEST_CASE("netlink: many routes are made, read back, made again and removed, twice") {
    std::vector<std::size_t> counts;
    bool refused = false;
    const auto all = makes(routes(many));
    if (!in_namespace([&] {
            auto netlink = Netlink::open().value();
            for (const auto& actions : {all, all, plan::inverse(all), plan::inverse(all)}) {
                refused = refused || netlink.carry_out(actions, protocol).has_value();
                counts.push_back(count_of(netlink.routes(table)));
            }
        }))
        return;
    CHECK_FALSE(refused);
    CHECK(counts == std::vector<std::size_t>{many, many, 0, 0});
}

TEST_CASE("netlink: the refused one is told, and those behind it are made") {
    std::optional<Refusal> refusal;
    std::size_t count = 0;
    auto values = routes(many);
    auto& bad = std::get<plan::Route>(values[300]);
    bad.type = plan::RouteType::unicast;
    bad.device = "nowhere0";
    values[500] = values[300];
    if (!in_namespace([&] {
            auto netlink = Netlink::open().value();
            refusal = netlink.carry_out(makes(values), protocol);
            count = count_of(netlink.routes(table));
        }))
        return;
    REQUIRE(refusal);
    CHECK(refusal->index == 300);
    CHECK(refusal->error.evidence.at(0).second == "RTM_NEWROUTE");
    CHECK(refusal->error.evidence.at(1).second == bad.destination.text() + " table 8470");
    CHECK(count == many - 2);
}

TEST_CASE("netlink: rules are made, changed and removed") {
    std::vector<plan::Rule> before;
    std::vector<plan::Rule> after;
    std::size_t left = 0;
    bool refused = false;
    const auto rule = [](unsigned number, std::uint32_t target) {
        return plan::Rule{.priority = 210,
                          .action = plan::RuleAction::lookup,
                          .to = route_to(number).destination,
                          .target = target,
                          .suppress_prefixlength = std::nullopt};
    };
    std::vector<plan::Resource> first;
    std::vector<plan::Action> changes;
    for (unsigned number = 0; number < 20; ++number) {
        first.emplace_back(rule(number, 220));
        changes.push_back({.before = rule(number, 220), .after = rule(number, table)});
    }
    if (!in_namespace([&] {
            auto netlink = Netlink::open().value();
            refused = netlink.carry_out(makes(first), protocol) || netlink.carry_out(makes(first), protocol);
            before = netlink.rules().value();
            refused = refused || netlink.carry_out(changes, protocol);
            after = netlink.rules().value();
            std::vector<plan::Action> removals;
            removals.reserve(changes.size());
            for (const auto& change : changes)
                removals.push_back({.before = change.after, .after = std::nullopt});
            refused = refused || netlink.carry_out(removals, protocol);
            left = netlink.rules().value().size();
        }))
        return;
    CHECK_FALSE(refused);
    const auto lead_to = [](std::uint32_t target) {
        return [target](const plan::Rule& one) { return one.priority == 210 && one.target == target; };
    };
    CHECK(std::ranges::count_if(before, lead_to(220)) == 20);
    CHECK(std::ranges::count_if(after, lead_to(220)) == 0);
    CHECK(std::ranges::count_if(after, lead_to(table)) == 20);
    CHECK(before.size() == left + 20);
}

TEST_CASE("netlink: answers that do not fit into the socket's buffer are asked for again") {
    std::vector<int> errors;
    std::vector<int> next;
    if (!in_namespace([&] {
            const std::unique_ptr<nl_sock, void (*)(nl_sock*)> socket(nl_socket_alloc(), nl_socket_free);
            nl_connect(socket.get(), NETLINK_ROUTE);
            // The kernel makes it its smallest one: room for a few answers.
            nl_socket_set_buffer_size(socket.get(), 1, 0);
            errors = send_together(socket.get(), hopeless(most_changes));
            next = send_together(socket.get(), hopeless(1));
        }))
        return;
    CHECK(errors == std::vector<int>(most_changes, NLE_OBJ_NOTFOUND));
    CHECK(next == std::vector<int>{NLE_OBJ_NOTFOUND});
}

TEST_CASE("netlink: if every change is refused, each is heard") {
    std::vector<int> errors;
    if (!in_namespace([&] {
            const std::unique_ptr<nl_sock, void (*)(nl_sock*)> socket(nl_socket_alloc(), nl_socket_free);
            nl_connect(socket.get(), NETLINK_ROUTE);
            nl_socket_set_buffer_size(socket.get(), receive_buffer, 0);
            errors = send_together(socket.get(), hopeless(most_changes));
        }))
        return;
    CHECK(errors == std::vector<int>(most_changes, NLE_OBJ_NOTFOUND));
}
