// SPDX-License-Identifier: Apache-2.0
/// Links, routes and policy rules of this network namespace over rtnetlink. Every change waits for the
/// kernel's answer. Raw messages on libnl's core: libnl-route 3.7 knows neither FRA_SUPPRESS_PREFIXLEN nor
/// FRA_PROTOCOL.
#pragma once

#include "base/result.hpp"
#include "plan/action.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct nl_sock;
struct nl_msg;

namespace eligate::linux_adapter {

/// The first of several actions that the kernel refused.
struct Refusal {
    std::size_t index = 0;
    base::Error error;
};

class Netlink {
  public:
    /// Code system_call if the kernel gives no rtnetlink socket.
    static base::Result<Netlink> open();

    /// Whatever stands under this name; if_id 0 if it is no XFRM interface.
    base::Result<std::optional<plan::Link>> link(const std::string& name);
    /// Creates it, or changes the one that is there in place. Code foreign_value if that is no XFRM
    /// interface: such a one is nobody's to replace.
    base::Result<> set(const plan::Link& link);
    /// No error, and nothing done, if there is none with this name and if_id.
    base::Result<> remove(const plan::Link& link);

    /// All IPv4 unicast and unreachable routes of one table.
    base::Result<std::vector<plan::Route>> routes(std::uint32_t table);
    /// All IPv4 rules that have a priority and a table.
    base::Result<std::vector<plan::Rule>> rules();

    /// All rules of this priority and protocol, whatever they do.
    void drop_rules(std::uint32_t priority, std::uint8_t protocol);

    /// Makes actions on routes and rules so, in their order and in few system calls; `protocol` marks what is
    /// added as ours. A route of the same destination and metric is replaced; what is there, or gone, already
    /// is a success. All are tried; nothing comes back if none was refused.
    std::optional<Refusal> carry_out(std::span<const plan::Action> actions, std::uint8_t protocol);

  private:
    struct Free {
        void operator()(nl_sock* socket) const;
    };
    explicit Netlink(nl_sock* socket)
        : m_socket(socket) {}
    base::Result<> send(nl_msg* message, const char* call, const std::string& what, int harmless);
    std::unique_ptr<nl_sock, Free> m_socket;
};

} // namespace eligate::linux_adapter
