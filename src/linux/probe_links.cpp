// SPDX-License-Identifier: Apache-2.0
#include "linux/probe_links.hpp"

#include "catalog/catalog.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <array>
#include <cerrno>
#include <functional>
#include <limits>
#include <memory>
#include <string>

namespace eligate::linux_adapter {
namespace {

struct FreeSocket {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
struct FreeMessage {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using MessagePtr = std::unique_ptr<nl_msg, FreeMessage>;

/// Called for each message of an answer.
using Reader = std::function<void(nlmsghdr*)>;

base::Unexpected refused(const char* question, int error) {
    return base::fail(catalog::code::system_call,
                      base::msg(N_("the kernel does not answer {question}: {reason}"),
                                {{"question", question}, {"reason", nl_geterror(error)}}),
                      {{"call", question}, {"error", nl_geterror(error)}});
}

int on_message(nl_msg* message, void* reader) {
    (*static_cast<const Reader*>(reader))(nlmsg_hdr(message));
    return NL_OK;
}

struct Reply {
    /// The kernel's errno for the question, positive; 0 for none.
    int kernel_error = 0;
};

int on_error(sockaddr_nl* /*from*/, nlmsgerr* error, void* reply) {
    static_cast<Reply*>(reply)->kernel_error = -error->error;
    return NL_STOP;
}

/// Sends one question and hands every message of the answer to `reader`.
base::Result<Reply> ask(const char* question, nl_msg* message, const Reader& reader) {
    const std::unique_ptr<nl_sock, FreeSocket> socket(nl_socket_alloc());
    if (!socket)
        return refused(question, -NLE_NOMEM);
    if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0)
        return refused(question, error);
    Reply reply;
    nl_socket_modify_cb(socket.get(), NL_CB_VALID, NL_CB_CUSTOM, on_message, const_cast<Reader*>(&reader));
    nl_socket_modify_err_cb(socket.get(), NL_CB_CUSTOM, on_error, &reply);
    if (const int error = nl_send_auto(socket.get(), message); error < 0)
        return refused(question, error);
    const bool dump = (nlmsg_hdr(message)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    // A single answer to a lookup comes without an acknowledgement after it; auto-ack asks for one.
    const int error = dump ? nl_recvmsgs_default(socket.get()) : nl_wait_for_ack(socket.get());
    if (error < 0 && reply.kernel_error == 0)
        return refused(question, error);
    return reply;
}

std::optional<net::Address> address_in(const nlattr* attribute) {
    if (attribute == nullptr)
        return std::nullopt;
    return net::Address::from_bytes({static_cast<const std::uint8_t*>(nla_data(attribute)),
                                     static_cast<std::size_t>(nla_len(attribute))});
}

std::string name_of(unsigned index) {
    std::array<char, IF_NAMESIZE> name{};
    return ::if_indextoname(index, name.data()) == nullptr ? std::string() : std::string(name.data());
}

std::optional<unsigned> number_in(const nlattr* attribute) {
    return attribute == nullptr || nla_len(attribute) < 4 ? std::nullopt
                                                          : std::optional<unsigned>(nla_get_u32(attribute));
}

base::Result<std::vector<net::Address>> addresses_of(unsigned index) {
    const MessagePtr message(nlmsg_alloc_simple(RTM_GETADDR, NLM_F_DUMP));
    ifaddrmsg header{};
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    std::vector<net::Address> addresses;
    ELIGATE_TRY(ask("RTM_GETADDR", message.get(), [&](nlmsghdr* answer) {
        std::array<nlattr*, IFA_MAX + 1> attributes{};
        if (answer->nlmsg_type != RTM_NEWADDR ||
            nlmsg_parse(answer, sizeof(ifaddrmsg), attributes.data(), IFA_MAX, nullptr) < 0 ||
            static_cast<const ifaddrmsg*>(nlmsg_data(answer))->ifa_index != index)
            return;
        // On a point-to-point link IFA_ADDRESS is the peer's.
        const auto* const own =
            attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
        if (const auto address = address_in(own))
            addresses.push_back(*address);
    }));
    return addresses;
}

port::RouteType type_of(unsigned char type) {
    switch (type) {
    case RTN_UNICAST:
        return port::RouteType::unicast;
    case RTN_LOCAL:
        return port::RouteType::local;
    case RTN_UNREACHABLE:
        return port::RouteType::unreachable;
    case RTN_BLACKHOLE:
        return port::RouteType::blackhole;
    case RTN_PROHIBIT:
        return port::RouteType::prohibit;
    default:
        return port::RouteType::none;
    }
}

/// A lookup that ends in such a route is answered with its errno (kernel: fib_props in fib_semantics.c).
port::RouteType type_of_error(int error) {
    switch (error) {
    case EHOSTUNREACH:
        return port::RouteType::unreachable;
    case EINVAL:
        return port::RouteType::blackhole;
    case EACCES:
        return port::RouteType::prohibit;
    default:
        return port::RouteType::none;
    }
}

struct Candidate {
    unsigned metric = std::numeric_limits<unsigned>::max();
    std::optional<port::DefaultRoute> route;
};

/// The interface and gateway of a route with several next hops are its first one's.
std::optional<port::DefaultRoute> hop_of(const std::array<nlattr*, RTA_MAX + 1>& attributes) {
    const auto first_of = [](const nlattr* hops) -> const rtnexthop* {
        return hops != nullptr && nla_len(hops) >= static_cast<int>(sizeof(rtnexthop))
                   ? static_cast<const rtnexthop*>(nla_data(hops))
                   : nullptr;
    };
    if (const auto index = number_in(attributes[RTA_OIF]))
        return port::DefaultRoute{.interface = name_of(*index),
                                  .gateway = address_in(attributes[RTA_GATEWAY])};
    if (const auto* const hop = first_of(attributes[RTA_MULTIPATH]))
        return port::DefaultRoute{.interface = name_of(static_cast<unsigned>(hop->rtnh_ifindex)),
                                  .gateway = std::nullopt};
    return std::nullopt;
}

void consider(nlmsghdr* answer, Candidate& best) {
    std::array<nlattr*, RTA_MAX + 1> attributes{};
    if (answer->nlmsg_type != RTM_NEWROUTE ||
        nlmsg_parse(answer, sizeof(rtmsg), attributes.data(), RTA_MAX, nullptr) < 0)
        return;
    const auto* const header = static_cast<const rtmsg*>(nlmsg_data(answer));
    const unsigned table = number_in(attributes[RTA_TABLE]).value_or(header->rtm_table);
    if (table != RT_TABLE_MAIN || header->rtm_dst_len != 0 || header->rtm_type != RTN_UNICAST)
        return;
    const unsigned metric = number_in(attributes[RTA_PRIORITY]).value_or(0);
    auto hop = hop_of(attributes);
    if (hop && (!best.route || metric < best.metric))
        best = {.metric = metric, .route = std::move(hop)};
}

} // namespace

base::Result<std::optional<port::Link>> ProbeLinks::link(std::string_view name) {
    const unsigned index = ::if_nametoindex(std::string(name).c_str());
    if (index == 0)
        return std::optional<port::Link>();
    const MessagePtr message(nlmsg_alloc_simple(RTM_GETLINK, 0));
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    std::optional<port::Link> found;
    ELIGATE_TRY_ASSIGN(const auto reply, ask("RTM_GETLINK", message.get(), [&](nlmsghdr* answer) {
                           std::array<nlattr*, IFLA_MAX + 1> attributes{};
                           if (answer->nlmsg_type != RTM_NEWLINK ||
                               nlmsg_parse(answer, sizeof(ifinfomsg), attributes.data(), IFLA_MAX, nullptr) <
                                   0)
                               return;
                           const auto flags = static_cast<const ifinfomsg*>(nlmsg_data(answer))->ifi_flags;
                           found = port::Link{.up = (flags & IFF_UP) != 0,
                                              .carrier = (flags & IFF_RUNNING) != 0,
                                              .mtu = number_in(attributes[IFLA_MTU]).value_or(0),
                                              .addresses = {}};
                       }));
    // It may have gone since its name was looked up.
    if (reply.kernel_error == ENODEV || !found)
        return std::optional<port::Link>();
    ELIGATE_TRY_ASSIGN(found->addresses, addresses_of(index));
    return found;
}

base::Result<std::optional<port::DefaultRoute>> ProbeLinks::default_route() {
    const MessagePtr message(nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_DUMP));
    rtmsg header{};
    header.rtm_family = AF_INET;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    Candidate best;
    ELIGATE_TRY(ask("RTM_GETROUTE", message.get(), [&best](nlmsghdr* answer) { consider(answer, best); }));
    return best.route;
}

base::Result<port::RouteAnswer> ProbeLinks::route_to(const net::Address& destination) {
    const MessagePtr message(nlmsg_alloc_simple(RTM_GETROUTE, 0));
    rtmsg header{};
    header.rtm_family = destination.family() == net::Family::ipv4 ? AF_INET : AF_INET6;
    header.rtm_dst_len = static_cast<unsigned char>(destination.bits());
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    const auto bytes = destination.bytes();
    nla_put(message.get(), RTA_DST, static_cast<int>(bytes.size()), bytes.data());
    port::RouteAnswer route;
    ELIGATE_TRY_ASSIGN(const auto reply, ask("RTM_GETROUTE", message.get(), [&route](nlmsghdr* answer) {
                           std::array<nlattr*, RTA_MAX + 1> attributes{};
                           if (answer->nlmsg_type != RTM_NEWROUTE ||
                               nlmsg_parse(answer, sizeof(rtmsg), attributes.data(), RTA_MAX, nullptr) < 0)
                               return;
                           route = {.type = type_of(static_cast<const rtmsg*>(nlmsg_data(answer))->rtm_type),
                                    .interface = name_of(number_in(attributes[RTA_OIF]).value_or(0)),
                                    .source = address_in(attributes[RTA_PREFSRC]),
                                    .gateway = address_in(attributes[RTA_GATEWAY])};
                       }));
    if (reply.kernel_error != 0)
        route.type = type_of_error(reply.kernel_error);
    return route;
}

} // namespace eligate::linux_adapter
