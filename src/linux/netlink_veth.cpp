// SPDX-License-Identifier: Apache-2.0
#include "linux/netlink_veth.hpp"

#include "linux/netlink_message.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/socket.h>

#include <array>
#include <cstdint>
#include <memory>

namespace eligate::linux_adapter {
namespace {

using base::Result;

using Mac = std::array<std::uint8_t, 6>;
/// Locally administered: "eligat" with that bit set, and its neighbour.
constexpr Mac near_mac{0x66, 0x6c, 0x69, 0x67, 0x61, 0x01};
constexpr Mac far_mac{0x66, 0x6c, 0x69, 0x67, 0x61, 0x02};
constexpr const char* far_end = "eth0";

struct FreeSocket {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
using SocketPtr = std::unique_ptr<nl_sock, FreeSocket>;

Result<SocketPtr> open_socket() {
    SocketPtr socket(nl_socket_alloc());
    const int error = socket ? nl_connect(socket.get(), NETLINK_ROUTE) : -NLE_NOMEM;
    if (error < 0)
        return refused("socket", "NETLINK_ROUTE", error);
    return socket;
}

Result<> send(nl_sock* socket, nl_msg* message, const char* call, const std::string& what) {
    int error = nl_send_auto(socket, message);
    if (error >= 0)
        error = nl_wait_for_ack(socket);
    return error < 0 ? Result<>(refused(call, what, error)) : Result<>();
}

MessagePtr message_of(int type) {
    return MessagePtr(nlmsg_alloc_simple(type, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK));
}

template <class Bytes>
void put(nl_msg* message, int attribute, const Bytes& bytes) {
    nla_put(message, attribute, static_cast<int>(bytes.size()), bytes.data());
}

MessagePtr pair_of(const VethWish& wish, int far_thread) {
    auto message = message_of(RTM_NEWLINK);
    ifinfomsg header{};
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    nla_put_string(message.get(), IFLA_IFNAME, wish.near_end.c_str());
    nla_put_u32(message.get(), IFLA_MTU, wish.mtu);
    put(message.get(), IFLA_ADDRESS, near_mac);
    auto* const info = nla_nest_start(message.get(), IFLA_LINKINFO);
    nla_put_string(message.get(), IFLA_INFO_KIND, "veth");
    auto* const about = nla_nest_start(message.get(), IFLA_INFO_DATA);
    auto* const peer = nla_nest_start(message.get(), VETH_INFO_PEER);
    ifinfomsg other{};
    nlmsg_append(message.get(), &other, sizeof other, NLMSG_ALIGNTO);
    nla_put_string(message.get(), IFLA_IFNAME, far_end);
    nla_put_u32(message.get(), IFLA_MTU, wish.mtu);
    put(message.get(), IFLA_ADDRESS, far_mac);
    nla_put_u32(message.get(), IFLA_NET_NS_PID, static_cast<std::uint32_t>(far_thread));
    nla_nest_end(message.get(), peer);
    nla_nest_end(message.get(), about);
    nla_nest_end(message.get(), info);
    return message;
}

MessagePtr neighbour_of(const net::Address& address, const Mac& mac, unsigned index) {
    auto message = message_of(RTM_NEWNEIGH);
    ndmsg header{};
    header.ndm_family = AF_INET;
    header.ndm_ifindex = static_cast<int>(index);
    header.ndm_state = NUD_PERMANENT;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    put(message.get(), NDA_DST, address.bytes());
    put(message.get(), NDA_LLADDR, mac);
    return message;
}

/// To one address, from `source`: the kernel's own ICMP to it would name the machine's first address
/// otherwise, another interface's. Or by `gateway` to all.
MessagePtr route_of(const net::Address* to, const net::Address* source, const net::Address* gateway,
                    unsigned index) {
    auto message = message_of(RTM_NEWROUTE);
    rtmsg header{};
    header.rtm_family = AF_INET;
    header.rtm_dst_len = to != nullptr ? 32 : 0;
    header.rtm_table = RT_TABLE_MAIN;
    header.rtm_protocol = RTPROT_STATIC;
    header.rtm_scope = gateway == nullptr ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    header.rtm_type = RTN_UNICAST;
    header.rtm_flags = gateway == nullptr ? 0 : RTNH_F_ONLINK;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    if (to != nullptr)
        put(message.get(), RTA_DST, to->bytes());
    if (source != nullptr)
        put(message.get(), RTA_PREFSRC, source->bytes());
    if (gateway != nullptr)
        put(message.get(), RTA_GATEWAY, gateway->bytes());
    nla_put_u32(message.get(), RTA_OIF, index);
    return message;
}

MessagePtr address_of(const net::Address& address, unsigned index) {
    auto message = message_of(RTM_NEWADDR);
    ifaddrmsg header{};
    header.ifa_family = AF_INET;
    header.ifa_prefixlen = 32;
    header.ifa_scope = RT_SCOPE_UNIVERSE;
    header.ifa_index = index;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    put(message.get(), IFA_LOCAL, address.bytes());
    put(message.get(), IFA_ADDRESS, address.bytes());
    return message;
}

/// No link-local address and no router solicitation: IPv6 has no business here. Only on a link that is there
/// (inet6_validate_link_af).
MessagePtr without_ipv6(unsigned index) {
    MessagePtr message(nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_ACK));
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    auto* const families = nla_nest_start(message.get(), IFLA_AF_SPEC);
    auto* const six = nla_nest_start(message.get(), AF_INET6);
    nla_put_u8(message.get(), IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    nla_nest_end(message.get(), six);
    nla_nest_end(message.get(), families);
    return message;
}

MessagePtr up(unsigned index) {
    MessagePtr message(nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_ACK));
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    header.ifi_flags = IFF_UP;
    header.ifi_change = IFF_UP;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    return message;
}

} // namespace

Result<> make_near_end(const VethWish& wish, int far_thread) {
    ELIGATE_TRY_ASSIGN(const auto socket, open_socket());
    ELIGATE_TRY(send(socket.get(), pair_of(wish, far_thread).get(), "RTM_NEWLINK", wish.near_end));
    const unsigned index = ::if_nametoindex(wish.near_end.c_str());
    // A kernel without IPv6 refuses it, and needs it not.
    static_cast<void>(send(socket.get(), without_ipv6(index).get(), "RTM_NEWLINK", wish.near_end));
    ELIGATE_TRY(send(socket.get(), up(index).get(), "RTM_NEWLINK", wish.near_end));
    ELIGATE_TRY(send(socket.get(), route_of(&wish.terminal, &wish.gateway, nullptr, index).get(),
                     "RTM_NEWROUTE", wish.near_end));
    return send(socket.get(), neighbour_of(wish.terminal, far_mac, index).get(), "RTM_NEWNEIGH",
                wish.near_end);
}

void drop_near_end(const std::string& near_end) {
    const auto socket = open_socket();
    const unsigned index = ::if_nametoindex(near_end.c_str());
    if (!socket || index == 0)
        return;
    const MessagePtr message(nlmsg_alloc_simple(RTM_DELLINK, NLM_F_ACK));
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    static_cast<void>(send(socket->get(), message.get(), "RTM_DELLINK", near_end));
}

Result<> make_far_end(const VethWish& wish) {
    ELIGATE_TRY_ASSIGN(const auto socket, open_socket());
    const unsigned index = ::if_nametoindex(far_end);
    ELIGATE_TRY(send(socket.get(), address_of(wish.terminal, index).get(), "RTM_NEWADDR", far_end));
    ELIGATE_TRY(send(socket.get(), up(index).get(), "RTM_NEWLINK", far_end));
    ELIGATE_TRY(
        send(socket.get(), neighbour_of(wish.gateway, near_mac, index).get(), "RTM_NEWNEIGH", far_end));
    return send(socket.get(), route_of(nullptr, nullptr, &wish.gateway, index).get(), "RTM_NEWROUTE",
                far_end);
}

} // namespace eligate::linux_adapter
