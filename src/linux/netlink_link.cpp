// SPDX-License-Identifier: Apache-2.0
// XFRM interfaces (Linux 4.19 and later).
#include "catalog/catalog.hpp"
#include "linux/netlink.hpp"
#include "linux/netlink_message.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/errno.h>

#include <string_view>

namespace eligate::linux_adapter {
namespace {

using base::Result;

constexpr const char* xfrm_kind = "xfrm";

/// 0 if it is of another kind.
std::uint32_t if_id_of(nlattr* link_info) {
    std::array<nlattr*, IFLA_INFO_MAX + 1> info{};
    std::array<nlattr*, IFLA_XFRM_MAX + 1> about{};
    if (link_info == nullptr || nla_parse_nested(info.data(), IFLA_INFO_MAX, link_info, nullptr) < 0 ||
        info[IFLA_INFO_KIND] == nullptr || info[IFLA_INFO_DATA] == nullptr)
        return 0;
    // The kernel ends the kind with a NUL.
    const std::string_view kind(nla_get_string(info[IFLA_INFO_KIND]));
    if (kind != xfrm_kind || nla_parse_nested(about.data(), IFLA_XFRM_MAX, info[IFLA_INFO_DATA], nullptr) < 0)
        return 0;
    return about[IFLA_XFRM_IF_ID] == nullptr ? 0 : nla_get_u32(about[IFLA_XFRM_IF_ID]);
}

/// The message about an existing link (index) or a new one (0). `up` only where it is to be changed: the
/// kernel refuses a question that has flags (NETLINK_GET_STRICT_CHK).
MessagePtr link_message(int type, int flags, int index, std::optional<bool> up = std::nullopt) {
    MessagePtr message(nlmsg_alloc_simple(type, flags | NLM_F_ACK));
    ifinfomsg header{};
    header.ifi_index = index;
    header.ifi_flags = up.value_or(false) ? IFF_UP : 0;
    header.ifi_change = up ? IFF_UP : 0;
    nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO);
    return message;
}

int index_of(const std::string& name) {
    return static_cast<int>(::if_nametoindex(name.c_str()));
}

MessagePtr creation_of(const plan::Link& link) {
    auto message = link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, link.up);
    nla_put_string(message.get(), IFLA_IFNAME, link.name.c_str());
    nla_put_u32(message.get(), IFLA_MTU, link.mtu);
    auto* const info = nla_nest_start(message.get(), IFLA_LINKINFO);
    nla_put_string(message.get(), IFLA_INFO_KIND, xfrm_kind);
    auto* const about = nla_nest_start(message.get(), IFLA_INFO_DATA);
    nla_put_u32(message.get(), IFLA_XFRM_IF_ID, link.if_id);
    nla_nest_end(message.get(), about);
    nla_nest_end(message.get(), info);
    return message;
}

} // namespace

Result<std::optional<plan::Link>> Netlink::link(const std::string& name) {
    const int index = index_of(name);
    if (index == 0)
        return std::nullopt;
    const auto question = link_message(RTM_GETLINK, 0, index);
    std::optional<plan::Link> found;
    const int error = converse(m_socket.get(), question.get(), [&](nlmsghdr* answer) {
        std::array<nlattr*, IFLA_MAX + 1> attributes{};
        if (answer->nlmsg_type != RTM_NEWLINK || !parse(answer, sizeof(ifinfomsg), attributes))
            return;
        found =
            plan::Link{.name = name,
                       .if_id = if_id_of(attributes[IFLA_LINKINFO]),
                       .mtu = attributes[IFLA_MTU] == nullptr ? 0 : nla_get_u32(attributes[IFLA_MTU]),
                       .up = (static_cast<const ifinfomsg*>(nlmsg_data(answer))->ifi_flags & IFF_UP) != 0};
    });
    // It may have gone since its name was looked up.
    if (error != 0 && error != -NLE_NODEV)
        return refused("RTM_GETLINK", name, error);
    return found;
}

Result<> Netlink::set(const plan::Link& link) {
    ELIGATE_TRY_ASSIGN(const auto standing, this->link(link.name));
    if (standing && standing->if_id == 0)
        return base::fail(
            catalog::code::foreign_value,
            base::msg(N_("{name} is there already, and it is no XFRM interface"), {{"name", link.name}}),
            {{"link", link.name}});
    // The kernel changes no if_id of a link that is there (xfrmi_changelink wants to find the same one).
    if (standing && standing->if_id != link.if_id)
        ELIGATE_TRY(remove(*standing));
    else if (standing) {
        auto change = link_message(RTM_NEWLINK, 0, index_of(link.name), link.up);
        nla_put_u32(change.get(), IFLA_MTU, link.mtu);
        return send(change.get(), "RTM_NEWLINK", link.name, 0);
    }
    return send(creation_of(link).get(), "RTM_NEWLINK", link.name, 0);
}

Result<> Netlink::remove(const plan::Link& link) {
    ELIGATE_TRY_ASSIGN(const auto standing, this->link(link.name));
    if (!standing || standing->if_id == 0 || standing->if_id != link.if_id)
        return {};
    return send(link_message(RTM_DELLINK, 0, index_of(link.name)).get(), "RTM_DELLINK", link.name, NLE_NODEV);
}

} // namespace eligate::linux_adapter
