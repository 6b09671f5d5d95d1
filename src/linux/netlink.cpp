// SPDX-License-Identifier: Apache-2.0
#include "linux/netlink.hpp"

#include "linux/netlink_message.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace eligate::linux_adapter {
namespace {

using base::Result;

std::string text_of(const plan::Route& route) {
    return route.destination.text() + " table " + std::to_string(route.table);
}

std::string text_of(const plan::Rule& rule) {
    return "rule " + std::to_string(rule.priority) + (rule.to ? " to " + rule.to->text() : "");
}

void put_address(nl_msg* message, int attribute, const net::Address& address) {
    const auto bytes = address.bytes();
    nla_put(message, attribute, static_cast<int>(bytes.size()), bytes.data());
}

MessagePtr route_message(const plan::Route& route, int type, int flags, std::uint8_t protocol) {
    MessagePtr message(nlmsg_alloc_simple(type, flags));
    const bool unicast = route.type == plan::RouteType::unicast;
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = static_cast<unsigned char>(route.destination.length());
    header.rtm_table = RT_TABLE_UNSPEC;
    header.rtm_protocol = protocol;
    header.rtm_scope = unicast ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    header.rtm_type = unicast ? RTN_UNICAST : RTN_UNREACHABLE;
    if (type == RTM_DELROUTE)
        header.rtm_scope = RT_SCOPE_NOWHERE;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    put_address(message.get(), RTA_DST, route.destination.address());
    nla_put_u32(message.get(), RTA_TABLE, route.table);
    nla_put_u32(message.get(), RTA_PRIORITY, route.metric);
    if (route.source)
        put_address(message.get(), RTA_PREFSRC, *route.source);
    if (unicast)
        nla_put_u32(message.get(), RTA_OIF, ::if_nametoindex(route.device.c_str()));
    return message;
}

std::uint8_t kernel_action(plan::RuleAction action) {
    switch (action) {
    case plan::RuleAction::lookup:
        return FR_ACT_TO_TBL;
    case plan::RuleAction::go_to:
        return FR_ACT_GOTO;
    case plan::RuleAction::nop:
        return FR_ACT_NOP;
    }
    return FR_ACT_UNSPEC;
}

std::optional<plan::RuleAction> action_of(std::uint8_t kernel) {
    for (const auto action : {plan::RuleAction::lookup, plan::RuleAction::go_to, plan::RuleAction::nop})
        if (kernel_action(action) == kernel)
            return action;
    return std::nullopt;
}

MessagePtr rule_message(const plan::Rule& rule, int type, int flags, std::uint8_t protocol) {
    MessagePtr message(nlmsg_alloc_simple(type, flags));
    fib_rule_hdr header{};
    header.family = AF_INET;
    header.dst_len = rule.to ? static_cast<std::uint8_t>(rule.to->length()) : std::uint8_t{0};
    header.table = RT_TABLE_UNSPEC;
    header.action = kernel_action(rule.action);
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    if (rule.to && rule.to->length() > 0)
        put_address(message.get(), FRA_DST, rule.to->address());
    nla_put_u32(message.get(), FRA_PRIORITY, rule.priority);
    if (rule.action == plan::RuleAction::lookup)
        nla_put_u32(message.get(), FRA_TABLE, rule.target);
    if (rule.action == plan::RuleAction::go_to)
        nla_put_u32(message.get(), FRA_GOTO, rule.target);
    if (rule.suppress_prefixlength)
        nla_put_u32(message.get(), FRA_SUPPRESS_PREFIXLEN, *rule.suppress_prefixlength);
    if (protocol != 0)
        nla_put_u8(message.get(), FRA_PROTOCOL, protocol);
    return message;
}

std::optional<net::Address> address_of(const nlattr* attribute) {
    return net::Address::from_bytes({static_cast<const std::uint8_t*>(nla_data(attribute)),
                                     static_cast<std::size_t>(nla_len(attribute))});
}

std::optional<net::Prefix> prefix_of(const nlattr* attribute, unsigned length) {
    const auto address = attribute != nullptr ? address_of(attribute) : net::Address();
    return address ? net::Prefix::parse(address->text() + "/" + std::to_string(length)) : std::nullopt;
}

std::optional<plan::Route> route_of(nlmsghdr* header) {
    std::array<nlattr*, RTA_MAX + 1> attributes{};
    if (header->nlmsg_type != RTM_NEWROUTE || !parse(header, sizeof(rtmsg), attributes))
        return std::nullopt;
    const auto* const route = static_cast<const rtmsg*>(nlmsg_data(header));
    if (route->rtm_type != RTN_UNICAST && route->rtm_type != RTN_UNREACHABLE)
        return std::nullopt;
    const auto destination = prefix_of(attributes[RTA_DST], route->rtm_dst_len);
    if (!destination)
        return std::nullopt;
    const auto number = [&](int attribute) {
        auto* const found = attributes.at(static_cast<std::size_t>(attribute));
        return found == nullptr ? 0U : nla_get_u32(found);
    };
    std::array<char, IF_NAMESIZE> device{};
    if (const auto index = number(RTA_OIF); index != 0)
        ::if_indextoname(index, device.data());
    std::optional<net::Address> source;
    if (attributes[RTA_PREFSRC] != nullptr)
        source = address_of(attributes[RTA_PREFSRC]);
    const bool unicast = route->rtm_type == RTN_UNICAST;
    return plan::Route{.table = number(RTA_TABLE),
                       .destination = *destination,
                       .type = unicast ? plan::RouteType::unicast : plan::RouteType::unreachable,
                       .device = unicast ? device.data() : "",
                       .metric = number(RTA_PRIORITY),
                       .source = source};
}

std::optional<plan::Rule> rule_of(nlmsghdr* header) {
    std::array<nlattr*, FRA_MAX + 1> attributes{};
    if (header->nlmsg_type != RTM_NEWRULE || !parse(header, sizeof(fib_rule_hdr), attributes))
        return std::nullopt;
    const auto* const rule = static_cast<const fib_rule_hdr*>(nlmsg_data(header));
    const auto action = action_of(rule->action);
    // The kernel leaves out what is zero; the local table's rule has priority 0.
    if (!action || attributes[FRA_PRIORITY] == nullptr)
        return std::nullopt;
    const auto number = [&](int attribute) {
        auto* const found = attributes.at(static_cast<std::size_t>(attribute));
        return found == nullptr ? 0U : nla_get_u32(found);
    };
    plan::Rule found{.priority = number(FRA_PRIORITY),
                     .action = *action,
                     .to = std::nullopt,
                     .target = 0,
                     .suppress_prefixlength = std::nullopt};
    if (action == plan::RuleAction::lookup)
        found.target = number(FRA_TABLE);
    if (action == plan::RuleAction::go_to)
        found.target = number(FRA_GOTO);
    if (attributes[FRA_DST] != nullptr)
        found.to = prefix_of(attributes[FRA_DST], rule->dst_len);
    // The kernel says "none" as 0xffffffff.
    if (auto* const suppress = attributes[FRA_SUPPRESS_PREFIXLEN];
        suppress != nullptr && nla_get_u32(suppress) != UINT32_MAX)
        found.suppress_prefixlength = nla_get_u32(suppress);
    return found;
}

} // namespace

void Netlink::Free::operator()(nl_sock* socket) const {
    nl_socket_free(socket);
}

Result<Netlink> Netlink::open() {
    Netlink netlink(nl_socket_alloc());
    const int error = nl_connect(netlink.m_socket.get(), NETLINK_ROUTE);
    if (error < 0)
        return refused("nl_connect", "NETLINK_ROUTE", error);
    // The kernel then filters a dump by the table that is asked for; without it (before 4.20) we would see
    // all tables, and routes() sorts that out.
    const int yes = 1;
    ::setsockopt(nl_socket_get_fd(netlink.m_socket.get()), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes,
                 sizeof yes);
    return netlink;
}

Result<std::vector<plan::Route>> Netlink::routes(std::uint32_t table) {
    const MessagePtr request(nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP));
    rtmsg header{};
    header.rtm_family = AF_INET;
    nlmsg_append(request.get(), &header, sizeof header, NLMSG_ALIGNTO);
    nla_put_u32(request.get(), RTA_TABLE, table);
    std::vector<plan::Route> found;
    // ENOENT: no route was ever put into that table, so the kernel has none of that number.
    const int error = converse(m_socket.get(), request.get(), [&](nlmsghdr* message) {
        if (auto route = route_of(message); route && route->table == table)
            found.push_back(std::move(*route));
    });
    if (error != 0 && error != -NLE_OBJ_NOTFOUND)
        return refused("RTM_GETROUTE", "", error);
    return found;
}

Result<std::vector<plan::Rule>> Netlink::rules() {
    const MessagePtr request(nlmsg_alloc_simple(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP));
    fib_rule_hdr header{};
    header.family = AF_INET;
    nlmsg_append(request.get(), &header, sizeof header, NLMSG_ALIGNTO);
    std::vector<plan::Rule> found;
    const int error = converse(m_socket.get(), request.get(), [&](nlmsghdr* message) {
        if (auto rule = rule_of(message))
            found.push_back(*rule);
    });
    if (error != 0)
        return refused("RTM_GETRULE", "", error);
    return found;
}

Result<> Netlink::send(nl_msg* message, const char* call, const std::string& what, int harmless) {
    int error = nl_send_auto(m_socket.get(), message);
    if (error >= 0)
        error = nl_wait_for_ack(m_socket.get());
    if (error < 0 && error != -harmless)
        return refused(call, what, error);
    return {};
}

Result<> Netlink::add(const plan::Route& route, std::uint8_t protocol) {
    const auto message =
        route_message(route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK, protocol);
    return send(message.get(), "RTM_NEWROUTE", text_of(route), 0);
}

Result<> Netlink::remove(const plan::Route& route) {
    const auto message = route_message(route, RTM_DELROUTE, NLM_F_ACK, 0);
    return send(message.get(), "RTM_DELROUTE", text_of(route), NLE_OBJ_NOTFOUND);
}

Result<> Netlink::add(const plan::Rule& rule, std::uint8_t protocol) {
    const auto message = rule_message(rule, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, protocol);
    return send(message.get(), "RTM_NEWRULE", text_of(rule), NLE_EXIST);
}

Result<> Netlink::remove(const plan::Rule& rule) {
    const auto message = rule_message(rule, RTM_DELRULE, NLM_F_ACK, 0);
    return send(message.get(), "RTM_DELRULE", text_of(rule), NLE_OBJ_NOTFOUND);
}

} // namespace eligate::linux_adapter
