// SPDX-License-Identifier: Apache-2.0
#include "cli/view/by_hand.hpp"

#include <fmt/format.h>

#include <variant>

namespace eligate::cli {
namespace {

using plan::Verb;

/// `value` as one word of a POSIX shell.
std::string quoted(std::string_view value) {
    constexpr std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:-,=@+";
    if (!value.empty() && value.find_first_not_of(harmless) == std::string_view::npos)
        return std::string(value);
    std::string out = "'";
    for (const char c : value)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + '\'';
}

std::string action_of(const plan::Rule& rule) {
    switch (rule.action) {
    case plan::RuleAction::lookup:
        return fmt::format(" table {}{}", rule.target,
                           rule.suppress_prefixlength
                               ? fmt::format(" suppress_prefixlength {}", *rule.suppress_prefixlength)
                               : "");
    case plan::RuleAction::go_to:
        return fmt::format(" goto {}", rule.target);
    case plan::RuleAction::nop:
        return " nop";
    }
    return "";
}

struct ByHand {
    Verb verb;

    std::string operator()(const plan::FirewallTable& /*table*/) const {
        return verb == Verb::remove ? "nft delete table inet eligate" : "";
    }
    std::string operator()(const plan::File& file) const {
        return verb == Verb::remove ? fmt::format("rm {}", quoted(file.path)) : "";
    }
    std::string operator()(const plan::Sysctl& sysctl) const {
        return verb == Verb::remove ? "" : fmt::format("sysctl -w {}={}", sysctl.name, quoted(sysctl.value));
    }
    std::string operator()(const plan::Link& link) const {
        switch (verb) {
        case Verb::create:
            return fmt::format("ip link add {0} mtu {1} type xfrm if_id {2} && ip link set {0} up", link.name,
                               link.mtu, link.if_id);
        case Verb::replace:
            return fmt::format("ip link set {} mtu {} up", link.name, link.mtu);
        case Verb::remove:
            return fmt::format("ip link del {}", link.name);
        }
        return "";
    }
    std::string operator()(const plan::Route& route) const {
        const bool unreachable = route.type == plan::RouteType::unreachable;
        const auto device = unreachable ? std::string() : fmt::format(" dev {}", quoted(route.device));
        return fmt::format("ip route {} {}{}{} table {} metric {}", verb == Verb::remove ? "del" : "replace",
                           unreachable ? "unreachable " : "", route.destination.text(), device, route.table,
                           route.metric);
    }
    std::string operator()(const plan::Rule& rule) const {
        const auto to = rule.to ? fmt::format(" to {}", rule.to->text()) : std::string();
        return fmt::format("ip rule {} priority {}{}{}", verb == Verb::remove ? "del" : "add", rule.priority,
                           to, action_of(rule));
    }
    std::string operator()(const plan::Tunnel& tunnel) const {
        return verb == Verb::remove ? fmt::format("swanctl --terminate --child {}", quoted(tunnel.name))
                                    : fmt::format("swanctl --initiate --child {}", quoted(tunnel.name));
    }
    /// eligate itself sets it as soon as the tunnel has an address.
    std::string operator()(const plan::AssignedSource& /*source*/) const { return ""; }
    std::string operator()(const plan::Forwarder& /*forwarder*/) const {
        return verb == Verb::remove ? "systemctl stop eligate-forwarder"
                                    : "systemctl restart eligate-forwarder";
    }
    /// Connections, keys, secrets and CAs: strongSwan takes them from its own files again.
    template <class OfStrongswan>
    std::string operator()(const OfStrongswan& /*resource*/) const {
        return "swanctl --load-all --clear";
    }
};

} // namespace

std::string by_hand(const plan::Action& action) {
    return std::visit(ByHand{.verb = action.verb()}, action.subject());
}

} // namespace eligate::cli
