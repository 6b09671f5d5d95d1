// SPDX-License-Identifier: Apache-2.0
#include "plan/action.hpp"

#include <fmt/format.h>

#include <array>

namespace eligate::plan {
namespace {

/// Three verbs in two tenses: plan's create, replace, remove, then the same as progress.
using Sentences = std::array<const char*, 6>;

base::Message say(const Action& action, Tense tense, const Sentences& sentences,
                  std::vector<base::Argument> arguments) {
    const auto verb = static_cast<std::size_t>(action.verb());
    return base::msg(sentences.at(verb + (tense == Tense::progress ? 3 : 0)), std::move(arguments));
}

struct Describe {
    const Action& action;
    Tense tense;

    base::Message operator()(const FirewallTable& /*table*/) const {
        return say(
            action, tense,
            {N_("Load the firewall table inet eligate"), N_("Replace the firewall table inet eligate"),
             N_("Remove the firewall table inet eligate"), N_("Loading the firewall table inet eligate"),
             N_("Replacing the firewall table inet eligate"), N_("Removing the firewall table inet eligate")},
            {});
    }
    base::Message operator()(const File& file) const {
        return say(action, tense,
                   {N_("Write the file {path}"), N_("Rewrite the file {path}"), N_("Delete the file {path}"),
                    N_("Writing the file {path}"), N_("Rewriting the file {path}"),
                    N_("Deleting the file {path}")},
                   {{"path", file.path}});
    }
    base::Message operator()(const Sysctl& sysctl) const {
        return say(action, tense,
                   {N_("Set {name} to {value}"), N_("Set {name} to {value}"), N_("Unset {name}"),
                    N_("Setting {name} to {value}"), N_("Setting {name} to {value}"), N_("Unsetting {name}")},
                   {{"name", sysctl.name}, {"value", sysctl.value}});
    }
    base::Message operator()(const Link& link) const {
        return say(action, tense,
                   {N_("Create the XFRM interface {name} (MTU {mtu})"),
                    N_("Change the XFRM interface {name} (MTU {mtu})"),
                    N_("Delete the XFRM interface {name}"), N_("Creating the XFRM interface {name}"),
                    N_("Changing the XFRM interface {name}"), N_("Deleting the XFRM interface {name}")},
                   {{"name", link.name}, {"mtu", std::to_string(link.mtu)}});
    }
    base::Message operator()(const Route& route) const {
        if (route.type == RouteType::unreachable)
            return say(action, tense,
                       {N_("Make {destination} unreachable while the tunnel is down"),
                        N_("Make {destination} unreachable while the tunnel is down"),
                        N_("Remove the unreachable route for {destination}"),
                        N_("Adding the unreachable route for {destination}"),
                        N_("Changing the unreachable route for {destination}"),
                        N_("Removing the unreachable route for {destination}")},
                       {{"destination", route.destination.text()}});
        return say(action, tense,
                   {N_("Route {destination} into the tunnel ({device})"),
                    N_("Change the route for {destination} to {device}"),
                    N_("Remove the route for {destination} ({device})"),
                    N_("Adding the route for {destination} ({device})"),
                    N_("Changing the route for {destination} to {device}"),
                    N_("Removing the route for {destination} ({device})")},
                   {{"destination", route.destination.text()}, {"device", route.device}});
    }
    base::Message operator()(const Rule& rule) const {
        if (rule.action == RuleAction::nop)
            return say(action, tense,
                       {N_("Add the routing rule {priority} (a place to jump to)"),
                        N_("Change the routing rule {priority} (a place to jump to)"),
                        N_("Remove the routing rule {priority} (a place to jump to)"),
                        N_("Adding the routing rule {priority}"), N_("Changing the routing rule {priority}"),
                        N_("Removing the routing rule {priority}")},
                       {{"priority", std::to_string(rule.priority)}});
        const base::Argument to{
            .name = "to",
            .value = rule.to ? std::variant<std::string, base::LocalText, base::Message>(rule.to->text())
                             : base::msg(N_("every destination"))};
        const std::vector<base::Argument> arguments{
            {"priority", std::to_string(rule.priority)}, to, {"target", std::to_string(rule.target)}};
        if (rule.action == RuleAction::go_to)
            return say(action, tense,
                       {N_("Add the routing rule {priority}: {to} goes on at rule {target}"),
                        N_("Change the routing rule {priority}: {to} goes on at rule {target}"),
                        N_("Remove the routing rule {priority}: {to} goes on at rule {target}"),
                        N_("Adding the routing rule {priority}"), N_("Changing the routing rule {priority}"),
                        N_("Removing the routing rule {priority}")},
                       arguments);
        return say(action, tense,
                   {N_("Add the routing rule {priority}: {to} looks at table {target}"),
                    N_("Change the routing rule {priority}: {to} looks at table {target}"),
                    N_("Remove the routing rule {priority}: {to} looks at table {target}"),
                    N_("Adding the routing rule {priority}"), N_("Changing the routing rule {priority}"),
                    N_("Removing the routing rule {priority}")},
                   arguments);
    }
    base::Message operator()(const Authority& authority) const {
        return say(action, tense,
                   {N_("Let strongSwan trust the provider's CA {name} for this gateway"),
                    N_("Replace the provider's CA {name} in strongSwan"),
                    N_("Withdraw the provider's CA {name} from strongSwan"),
                    N_("Loading the provider's CA {name}"), N_("Replacing the provider's CA {name}"),
                    N_("Withdrawing the provider's CA {name}")},
                   {{"name", authority.name}});
    }
    base::Message operator()(const PrivateKey& /*key*/) const {
        return say(action, tense,
                   {N_("Load the private key into strongSwan"), N_("Replace the private key in strongSwan"),
                    N_("Remove the private key from strongSwan"), N_("Loading the private key"),
                    N_("Replacing the private key"), N_("Removing the private key")},
                   {});
    }
    base::Message operator()(const SharedSecret& secret) const {
        const std::vector<base::Argument> what{{.name = "what",
                                                .value = secret.type == SharedType::ike
                                                             ? base::msg(N_("pre-shared key"))
                                                             : base::msg(N_("EAP password"))}};
        return say(action, tense,
                   {N_("Load the {what} into strongSwan"), N_("Replace the {what} in strongSwan"),
                    N_("Remove the {what} from strongSwan"), N_("Loading the {what}"),
                    N_("Replacing the {what}"), N_("Removing the {what}")},
                   what);
    }
    base::Message operator()(const Connection& c) const {
        return say(action, tense,
                   {N_("Load the connection {name} to {gateway} into strongSwan"),
                    N_("Replace the connection {name} to {gateway} in strongSwan"),
                    N_("Remove the connection {name} from strongSwan"),
                    N_("Loading the connection {name} to {gateway}"),
                    N_("Replacing the connection {name} to {gateway}"), N_("Removing the connection {name}")},
                   {{"name", c.connection.name}, {"gateway", c.connection.gateway}});
    }
    base::Message operator()(const Tunnel& tunnel) const {
        std::string gateways;
        for (const auto& connection : tunnel.via)
            gateways += (gateways.empty() ? "" : ", ") + connection.gateway;
        return say(action, tense,
                   {N_("Bring the tunnel up ({gateways})"), N_("Bring the tunnel up anew ({gateways})"),
                    N_("Take the tunnel down"), N_("Waiting for the VPN gateway to answer ({gateways})"),
                    N_("Bringing the tunnel up anew ({gateways})"), N_("Taking the tunnel down")},
                   {{"gateways", gateways}});
    }
    base::Message operator()(const AssignedSource& source) const {
        return say(action, tense,
                   {N_("Send to the destinations from the assigned address ({device} is shared)"),
                    N_("Send to the destinations from the newly assigned address ({device} is shared)"),
                    N_("Stop sending from the assigned address"),
                    N_("Setting the assigned address as the source"),
                    N_("Setting the newly assigned address as the source"),
                    N_("Withdrawing the assigned address as the source")},
                   {{"device", source.device}});
    }
    base::Message operator()(const Forwarder& /*forwarder*/) const {
        return say(
            action, tense,
            {N_("Start the terminals' DNS forwarder (dnsmasq)"),
             N_("Start the terminals' DNS forwarder anew (dnsmasq)"),
             N_("Stop the terminals' DNS forwarder (dnsmasq)"), N_("Starting the terminals' DNS forwarder"),
             N_("Starting the terminals' DNS forwarder anew"), N_("Stopping the terminals' DNS forwarder")},
            {});
    }
};

} // namespace

base::Message describe(const Action& action, Tense tense) {
    return std::visit(Describe{.action = action, .tense = tense}, action.subject());
}

} // namespace eligate::plan
