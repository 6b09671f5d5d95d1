// SPDX-License-Identifier: Apache-2.0
#include "linux/netlink.hpp"

#include "linux/netlink_batch.hpp"
#include "linux/netlink_message.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

namespace eligate::linux_adapter {
namespace {

using base::Result;

/// if_nametoindex(3) opens a socket each time, and the routes of a site are all of one device.
class DeviceIndex {
  public:
    unsigned of(const std::string& device) {
        if (device != m_device) {
            m_device = device;
            m_index = ::if_nametoindex(device.c_str());
        }
        return m_index;
    }

  private:
    std::string m_device;
    unsigned m_index = 0;
};

class DeviceName {
  public:
    /// Empty if it has gone since.
    const std::string& of(unsigned index) {
        if (index != m_index) {
            std::array<char, IF_NAMESIZE> name{};
            m_index = index;
            m_device = ::if_indextoname(index, name.data()) == nullptr ? "" : name.data();
        }
        return m_device;
    }

  private:
    std::string m_device;
    unsigned m_index = 0;
};

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

MessagePtr route_message(const plan::Route& route, int type, int flags, std::uint8_t protocol,
                         DeviceIndex& devices) {
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
        nla_put_u32(message.get(), RTA_OIF, devices.of(route.device));
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

std::optional<plan::Route> route_of(nlmsghdr* header, DeviceName& devices) {
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
    std::optional<net::Address> source;
    if (attributes[RTA_PREFSRC] != nullptr)
        source = address_of(attributes[RTA_PREFSRC]);
    const bool unicast = route->rtm_type == RTN_UNICAST;
    return plan::Route{.table = number(RTA_TABLE),
                       .destination = *destination,
                       .type = unicast ? plan::RouteType::unicast : plan::RouteType::unreachable,
                       .device = unicast ? devices.of(number(RTA_OIF)) : "",
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

/// A message, and libnl's error that is none: what it asks for is so already.
struct Change {
    MessagePtr message;
    int harmless = 0;
};

Change addition_of(const plan::Route& route, std::uint8_t protocol, DeviceIndex& devices) {
    return {.message = route_message(route, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, protocol, devices),
            .harmless = 0};
}

Change addition_of(const plan::Rule& rule, std::uint8_t protocol, DeviceIndex& /*devices*/) {
    return {.message = rule_message(rule, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, protocol),
            .harmless = NLE_EXIST};
}

Change removal_of(const plan::Route& route, DeviceIndex& devices) {
    return {.message = route_message(route, RTM_DELROUTE, 0, 0, devices), .harmless = NLE_OBJ_NOTFOUND};
}

Change removal_of(const plan::Rule& rule, DeviceIndex& /*devices*/) {
    return {.message = rule_message(rule, RTM_DELRULE, 0, 0), .harmless = NLE_OBJ_NOTFOUND};
}

template <class Kind>
std::vector<Change> changes_of(const plan::Action& action, std::uint8_t protocol, DeviceIndex& devices) {
    std::vector<Change> changes;
    // Of a changed one, too: the kernel would keep a rule of the same priority beside it.
    if (action.before)
        changes.push_back(removal_of(std::get<Kind>(*action.before), devices));
    if (action.after)
        changes.push_back(addition_of(std::get<Kind>(*action.after), protocol, devices));
    return changes;
}

bool is_route(const plan::Action& action) {
    return std::holds_alternative<plan::Route>(action.subject());
}

std::vector<Change> changes_for(const plan::Action& action, std::uint8_t protocol, DeviceIndex& devices) {
    return is_route(action) ? changes_of<plan::Route>(action, protocol, devices)
                            : changes_of<plan::Rule>(action, protocol, devices);
}

base::Error refusal_of(const plan::Action& action, nl_msg* message, int error) {
    const auto type = nlmsg_hdr(message)->nlmsg_type;
    const bool removal = type == RTM_DELROUTE || type == RTM_DELRULE;
    const auto& value = removal ? *action.before : *action.after;
    if (is_route(action))
        return refused(removal ? "RTM_DELROUTE" : "RTM_NEWROUTE", text_of(std::get<plan::Route>(value)),
                       error)
            .error();
    return refused(removal ? "RTM_DELRULE" : "RTM_NEWRULE", text_of(std::get<plan::Rule>(value)), error)
        .error();
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
    // An answer need not hold the change that it is about.
    ::setsockopt(nl_socket_get_fd(netlink.m_socket.get()), SOL_NETLINK, NETLINK_CAP_ACK, &yes, sizeof yes);
    nl_socket_set_buffer_size(netlink.m_socket.get(), receive_buffer, 0);
    return netlink;
}

Result<std::vector<plan::Route>> Netlink::routes(std::uint32_t table) {
    const MessagePtr request(nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP));
    rtmsg header{};
    header.rtm_family = AF_INET;
    nlmsg_append(request.get(), &header, sizeof header, NLMSG_ALIGNTO);
    nla_put_u32(request.get(), RTA_TABLE, table);
    std::vector<plan::Route> found;
    DeviceName devices;
    // ENOENT: no route was ever put into that table, so the kernel has none of that number.
    const int error = converse(m_socket.get(), request.get(), [&](nlmsghdr* message) {
        if (auto route = route_of(message, devices); route && route->table == table)
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

void Netlink::drop_rules(std::uint32_t priority, std::uint8_t protocol) {
    // Each call takes the first one away; the last is refused (ENOENT).
    constexpr int more_than_there_are = 64;
    for (int i = 0; i < more_than_there_are; ++i) {
        const MessagePtr message(nlmsg_alloc_simple(RTM_DELRULE, NLM_F_ACK));
        fib_rule_hdr header{};
        header.family = AF_INET;
        nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
        nla_put_u32(message.get(), FRA_PRIORITY, priority);
        nla_put_u8(message.get(), FRA_PROTOCOL, protocol);
        if (!send(message.get(), "RTM_DELRULE", std::to_string(priority), 0))
            return;
    }
}

std::optional<Refusal> Netlink::carry_out(std::span<const plan::Action> actions, std::uint8_t protocol) {
    // A replacement is two changes.
    constexpr std::size_t most_actions = most_changes / 2;
    std::optional<Refusal> first;
    DeviceIndex devices;
    for (std::size_t done = 0; done < actions.size(); done += most_actions) {
        const auto some = actions.subspan(done, std::min(most_actions, actions.size() - done));
        std::vector<MessagePtr> messages;
        std::vector<std::pair<std::size_t, int>> origins;
        for (std::size_t i = 0; i < some.size(); ++i)
            for (auto& change : changes_for(some[i], protocol, devices)) {
                messages.push_back(std::move(change.message));
                origins.emplace_back(done + i, change.harmless);
            }
        const auto errors = send_together(m_socket.get(), messages);
        for (std::size_t i = 0; i < errors.size() && !first; ++i) {
            const auto [index, harmless] = origins[i];
            if (errors[i] != 0 && errors[i] != harmless)
                first = Refusal{.index = index,
                                .error = refusal_of(actions[index], messages[i].get(), -errors[i])};
        }
    }
    return first;
}

} // namespace eligate::linux_adapter
