// SPDX-License-Identifier: Apache-2.0
#include "sweep/netlink_words.hpp"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace eligate::sweep {
namespace {

struct Message {
    unsigned type;
    std::string_view body;
};

template <class Value>
Value value_of(std::string_view bytes) {
    Value value{};
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the kernel's structs, byte by byte
    bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    return value;
}

/// Cuts the first message off.
std::optional<Message> next_message(std::string_view& bytes) {
    const auto header = value_of<nlmsghdr>(bytes);
    if (header.nlmsg_len < sizeof header || bytes.size() < header.nlmsg_len)
        return std::nullopt;
    const auto body = bytes.substr(sizeof header, header.nlmsg_len - sizeof header);
    bytes.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
    return Message{.type = header.nlmsg_type, .body = body};
}

/// An attribute behind the fixed part of a message; empty if it is not there.
std::string_view attribute(std::string_view body, std::size_t fixed, unsigned type) {
    body.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(fixed), body.size()));
    while (body.size() >= sizeof(nlattr)) {
        const auto header = value_of<nlattr>(body);
        if (header.nla_len < sizeof header || header.nla_len > body.size())
            break;
        if ((header.nla_type & static_cast<unsigned>(NLA_TYPE_MASK)) == type)
            return body.substr(sizeof header, header.nla_len - sizeof header);
        body.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(header.nla_len), body.size()));
    }
    return {};
}

std::string number_in(std::string_view attribute) {
    return std::to_string(value_of<std::uint32_t>(attribute));
}

std::string route_words(std::string_view body) {
    const auto route = value_of<rtmsg>(body);
    const auto address = attribute(body, sizeof route, RTA_DST);
    std::array<char, INET6_ADDRSTRLEN> text{'0', '\0'};
    if (address.size() >= (route.rtm_family == AF_INET6 ? sizeof(in6_addr) : sizeof(in_addr)))
        ::inet_ntop(route.rtm_family, address.data(), text.data(), text.size());
    const auto table = attribute(body, sizeof route, RTA_TABLE);
    return std::string(text.data()) + "/" + std::to_string(route.rtm_dst_len) + " table " +
           (table.empty() ? std::to_string(route.rtm_table) : number_in(table));
}

std::string link_words(std::string_view body) {
    const auto link = value_of<ifinfomsg>(body);
    const auto name = attribute(body, sizeof link, IFLA_IFNAME);
    // A name ends with a zero byte, which need not be counted.
    return name.empty() ? "index " + std::to_string(link.ifi_index)
                        : std::string(name.substr(0, name.find('\0')));
}

std::string detail_of(unsigned family, std::string_view body) {
    switch (family) {
    case RTM_NEWLINK:
        return " " + link_words(body);
    case RTM_NEWADDR:
        return " index " + std::to_string(value_of<ifaddrmsg>(body).ifa_index);
    case RTM_NEWROUTE:
        return " " + route_words(body);
    case RTM_NEWRULE:
        return " " + number_in(attribute(body, sizeof(fib_rule_hdr), FRA_PRIORITY));
    default:
        return {};
    }
}

std::string family_name(unsigned family) {
    switch (family) {
    case RTM_NEWLINK:
        return "LINK";
    case RTM_NEWADDR:
        return "ADDR";
    case RTM_NEWROUTE:
        return "ROUTE";
    case RTM_NEWNEIGH:
        return "NEIGH";
    case RTM_NEWRULE:
        return "RULE";
    case RTM_NEWQDISC:
        return "QDISC";
    case RTM_NEWNEXTHOP:
        return "NEXTHOP";
    default:
        return "_" + std::to_string(family);
    }
}

/// Each family has four types in a row: new, delete, get, set.
std::string route_change(const Message& message) {
    constexpr std::array<const char*, 4> verbs{"NEW", "DEL", "GET", "SET"};
    const unsigned verb = message.type & 3U;
    if (message.type < RTM_BASE || verb == 2)
        return {};
    const unsigned family = message.type & ~3U;
    return std::string("RTM_") + verbs.at(verb) + family_name(family) + detail_of(family, message.body);
}

std::string filter_change(const Message& message, std::string_view rest) {
    if (message.type == NFNL_MSG_BATCH_BEGIN) {
        // Without what begins and ends it.
        int count = -1;
        while (next_message(rest))
            ++count;
        return "NFNL_MSG_BATCH, " + std::to_string(count) + " messages";
    }
    const unsigned type = NFNL_MSG_TYPE(message.type);
    if (NFNL_SUBSYS_ID(message.type) != NFNL_SUBSYS_CTNETLINK)
        return {};
    if (type == IPCTNL_MSG_CT_NEW)
        return "IPCTNL_MSG_CT_NEW";
    return type == IPCTNL_MSG_CT_DELETE ? "IPCTNL_MSG_CT_DELETE" : "";
}

std::string ipsec_change(const Message& message) {
    switch (message.type) {
    case XFRM_MSG_GETSA:
    case XFRM_MSG_GETPOLICY:
    case XFRM_MSG_GETAE:
    case XFRM_MSG_GETSADINFO:
    case XFRM_MSG_GETSPDINFO:
        return {};
    case XFRM_MSG_NEWSA:
        return "XFRM_MSG_NEWSA";
    default:
        return message.type < XFRM_MSG_BASE ? "" : "XFRM_MSG_" + std::to_string(message.type);
    }
}

} // namespace

std::string changes_in_netlink(int protocol, std::string_view bytes) {
    std::string words;
    while (const auto message = next_message(bytes)) {
        std::string one;
        if (protocol == NETLINK_ROUTE)
            one = route_change(*message);
        else if (protocol == NETLINK_NETFILTER)
            one = filter_change(*message, bytes);
        else if (protocol == NETLINK_XFRM)
            one = ipsec_change(*message);
        if (!one.empty())
            words += (words.empty() ? "" : ", ") + one;
        // The batch is one transaction, whatever it holds.
        if (protocol == NETLINK_NETFILTER && message->type == NFNL_MSG_BATCH_BEGIN)
            break;
    }
    return words;
}

} // namespace eligate::sweep
