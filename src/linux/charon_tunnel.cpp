// SPDX-License-Identifier: Apache-2.0
#include "linux/charon_tunnel.hpp"

#include "appliance/facts.hpp"
#include "catalog/catalog.hpp"
#include "linux/probe_links.hpp"
#include "linux/strongswan_unit.hpp"
#include "vici/cause.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <thread>

namespace eligate::linux_adapter {
namespace {

namespace c = catalog::code;
using base::Result;

/// A gateway that is there answers in milliseconds; 10 s covers charon's third retransmission on a bad line
/// and keeps two dead gateways within the 30 s that a technician is promised.
constexpr auto tunnel_deadline = std::chrono::seconds(10);
constexpr auto down_deadline = std::chrono::seconds(2);
constexpr auto hook_patience = std::chrono::seconds(2);
/// An emulated machine's swanctl needs 5 s at boot.
constexpr auto load_patience = std::chrono::seconds(20);
/// A gateway that has not answered in this time will hardly do so just when the negotiation is ended.
constexpr auto answer_patience = std::chrono::seconds(2);
/// A gateway that asks a RADIUS server, or that was lost a packet of: charon repeats IKE_AUTH after 2, 5, 10,
/// 18 s.
constexpr auto negotiation_patience = std::chrono::seconds(20);
constexpr auto negotiation_pause = std::chrono::milliseconds(50);
constexpr auto hook_pause = std::chrono::milliseconds(20);

/// On the XFRM interface the assigned address is set by the program that charon calls when the CHILD_SA comes
/// up; an interface that was made anew since then has none. A routed LAN has no such address, and may have
/// the program all the same, for its forwarder.
bool hook_sets_address(const ipsec::Connection& connection) {
    return connection.virtual_ip && !connection.child.updown.empty();
}

Result<bool> has_its_address(const ipsec::Connection& connection, const vici::IkeSa& sa) {
    if (!hook_sets_address(connection))
        return true;
    ELIGATE_TRY_ASSIGN(const auto link, ProbeLinks().link(appliance::xfrm_tunnel_interface));
    return link && std::ranges::any_of(sa.local_vips, [&](const std::string& text) {
               const auto address = net::Address::parse(text);
               return address && std::ranges::find(link->addresses, *address) != link->addresses.end();
           });
}

bool carries(const vici::IkeSa& sa, const std::string& child) {
    return sa.is_established() && std::ranges::any_of(sa.children, [&](const vici::ChildSa& each) {
               return each.name == child && each.installed();
           });
}

/// charon says that the CHILD_SA is installed before its program has run. If the address does not come, that
/// is for the ladder to say.
Result<> wait_for_address(vici::Charon& charon, const ipsec::Connection& connection) {
    if (!hook_sets_address(connection))
        return {};
    const auto deadline = std::chrono::steady_clock::now() + hook_patience;
    while (std::chrono::steady_clock::now() < deadline) {
        ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
        for (const auto& sa : sas) {
            if (sa.name != connection.name || !sa.is_established())
                continue;
            ELIGATE_TRY_ASSIGN(const bool usable, has_its_address(connection, sa));
            if (usable)
                return {};
        }
        std::this_thread::sleep_for(hook_pause);
    }
    return {};
}

/// charon starts the connection itself when it loads its file at boot. A negotiation that the gateway has
/// answered is not ended in the middle of IKE_AUTH: charon tells nobody then, and the gateway would have two
/// SAs for the same address, and send through the dead one (seen with strongSwan 5.9.8 on both sides: the
/// tunnel was up, and nothing came back). One that was not answered leaves no trace there, but its answer may
/// come between a look and the end, so it is given time to come.
Result<> let_it_come_to_its_end(vici::Charon& charon, const std::string& name) {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
        const auto passed = std::chrono::steady_clock::now() - start;
        const bool goes_on = std::ranges::any_of(sas, [&](const vici::IkeSa& sa) {
            return sa.name == name && ((sa.is_under_way() && passed < negotiation_patience) ||
                                       (sa.awaits_first_answer() && passed < answer_patience));
        });
        if (!goes_on)
            return {};
        std::this_thread::sleep_for(negotiation_pause);
    }
}

/// A negotiation that charon has begun is waited for, and may be the tunnel that is wanted.
Result<bool> comes_up_by_itself(vici::Charon& charon, const ipsec::Connection& connection,
                                const std::string& child) {
    const auto carried = [&](const vici::IkeSa& sa) {
        return sa.name == connection.name && carries(sa, child);
    };
    ELIGATE_TRY_ASSIGN(const auto before, charon.list_sas());
    // What stands already was not there when the machine was read: it may be of an earlier definition.
    if (std::ranges::any_of(before, carried) || std::ranges::none_of(before, [&](const vici::IkeSa& sa) {
            return sa.name == connection.name && (sa.is_under_way() || sa.awaits_first_answer());
        }))
        return false;
    ELIGATE_TRY(let_it_come_to_its_end(charon, connection.name));
    ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
    const auto up = std::ranges::find_if(sas, carried);
    if (up == sas.end())
        return false;
    ELIGATE_TRY(wait_for_address(charon, connection));
    return has_its_address(connection, *up);
}

/// charon runs its program for a new CHILD_SA only, and a tunnel that stands without its address, or by an
/// earlier definition, would keep it from making one.
Result<> clear_remains(vici::Charon& charon, const ipsec::Connection& connection) {
    ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
    if (std::ranges::find(sas, connection.name, &vici::IkeSa::name) != sas.end())
        ELIGATE_TRY(charon.terminate(connection.name, true, down_deadline));
    return {};
}

Result<> bring_up_via(vici::Charon& charon, const ipsec::Connection& connection, const std::string& child,
                      const vici::LogSink& sink) {
    let_strongswan_load(load_patience);
    ELIGATE_TRY_ASSIGN(const bool up, comes_up_by_itself(charon, connection, child));
    if (up)
        return {};
    ELIGATE_TRY(clear_remains(charon, connection));
    ELIGATE_TRY_ASSIGN(const auto attempt, charon.initiate(connection.name, child, tunnel_deadline, sink));
    if (attempt.established)
        return wait_for_address(charon, connection);
    // After a timeout, and beside a refused CHILD_SA, the IKE_SA lives on and would keep trying.
    ELIGATE_TRY(charon.terminate(connection.name, true, down_deadline));
    auto error = vici::error_of(attempt.log, connection);
    if (!attempt.errmsg.empty())
        error.evidence.emplace_back("strongswan", attempt.errmsg);
    return base::Unexpected(std::move(error));
}

/// Another gateway would make no difference: a person wants to stop, or charon itself is gone or stuck.
bool is_over(base::Code code) {
    return code == c::interrupted || code == c::charon_silent || code == c::charon_lost ||
           code == c::charon_unreachable;
}

Result<> bring_up(vici::Charon& charon, const plan::Tunnel& tunnel, const vici::LogSink& sink = {}) {
    std::optional<base::Error> first;
    for (const auto& connection : tunnel.via) {
        auto up = bring_up_via(charon, connection, tunnel.name, sink);
        if (up)
            return {};
        if (is_over(up.error().code))
            return up;
        // The preferred gateway's reason is told; the others' stand beside it as evidence.
        if (first)
            first->evidence.emplace_back("also " + connection.gateway, std::string(up.error().code.id) + " " +
                                                                           base::english(up.error().what));
        else
            first = std::move(up).error();
    }
    return base::Unexpected(std::move(*first));
}

Result<> take_down(vici::Charon& charon, const plan::Tunnel& tunnel) {
    for (const auto& connection : tunnel.via) {
        ELIGATE_TRY(let_it_come_to_its_end(charon, connection.name));
        ELIGATE_TRY(charon.terminate(connection.name, true, down_deadline));
    }
    return {};
}

/// A name that is not found is not waited for: charon would ask for it again each second until the attempt's
/// time is over, another gateway's may be found at once, and where the network is not there yet none is. A
/// line of no IKE_SA is the resolver's own, and may be about somebody else's connection.
vici::Attention unresolved_ends_it(const vici::LogLine& line) {
    const auto cause = line.ike.empty() ? std::nullopt : vici::cause_of(std::span(&line, 1));
    return cause && cause->code == c::gateway_unresolved ? vici::Attention::give_up : vici::Attention::go_on;
}

/// By itself charon tries as long as nobody answers it, and never again where somebody has refused.
bool goes_on_trying(base::Code code) {
    return code == c::gateway_unresolved || code == c::gateway_silent || code == c::gateway_silent_4500 ||
           code == c::network_unreachable;
}

} // namespace

Result<bool> is_up(const plan::Tunnel& tunnel, const std::vector<vici::IkeSa>& sas) {
    for (const auto& sa : sas) {
        const auto ours = std::ranges::find(tunnel.via, sa.name, &ipsec::Connection::name);
        if (ours == tunnel.via.end() || !carries(sa, tunnel.name))
            continue;
        ELIGATE_TRY_ASSIGN(const bool usable, has_its_address(*ours, sa));
        if (usable)
            return true;
    }
    return false;
}

Result<bool> is_unanswered(vici::Charon& charon, const plan::Tunnel& tunnel) {
    ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
    bool unanswered = false;
    for (const auto& sa : sas) {
        if (std::ranges::find(tunnel.via, sa.name, &ipsec::Connection::name) == tunnel.via.end())
            continue;
        for (const auto& child : sa.children) {
            if (child.name != tunnel.name || !child.installed())
                continue;
            if (!child.unanswered())
                return false;
            unanswered = true;
        }
    }
    return unanswered;
}

Result<> end_negotiation(vici::Charon& charon, const std::string& name) {
    ELIGATE_TRY_ASSIGN(const auto sas, charon.list_sas());
    const auto ours = [&](const vici::IkeSa& sa) { return sa.name == name; };
    const bool stands = std::ranges::any_of(sas, [&](const vici::IkeSa& sa) {
        return ours(sa) && std::ranges::any_of(sa.children, &vici::ChildSa::installed);
    });
    if (stands || std::ranges::none_of(sas, ours))
        return {};
    ELIGATE_TRY(let_it_come_to_its_end(charon, name));
    ELIGATE_TRY(charon.terminate(name, true, down_deadline));
    return {};
}

Result<> act(vici::Charon& charon, const plan::Action& action, const plan::Tunnel& tunnel) {
    if (const auto* before = action.before ? std::get_if<plan::Tunnel>(&*action.before) : nullptr)
        ELIGATE_TRY(take_down(charon, *before));
    if (!action.after)
        return {};
    return bring_up(charon, tunnel);
}

Result<> bring_back(vici::Charon& charon, const plan::Tunnel& tunnel) {
    auto up = bring_up(charon, tunnel, unresolved_ends_it);
    if (!up && goes_on_trying(up.error().code))
        ELIGATE_TRY(charon.initiate(tunnel.via.front().name, tunnel.name, std::chrono::milliseconds(1)));
    return up;
}

} // namespace eligate::linux_adapter
