// SPDX-License-Identifier: Apache-2.0
#include "apply/notes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace eligate::apply {
namespace {

using base::msg;

/// Where the package keeps it; it puts it in force only where strongSwan serves nobody else
/// (packaging/strongswan).
constexpr const char* resolve_setting = "/usr/share/eligate/eligate-resolve.conf";

base::Message note_on(const std::string& interfaces, const port::NetworkKeeper& keeper) {
    if (keeper.lacks.empty())
        return msg(N_("{program} configures {interface}: no change needed there"),
                   {{"program", keeper.program}, {"interface", interfaces}});
    return msg(N_("{program} configures {interface} and could take away what eligate sets up. To be added to "
                  "{file}: {settings}"),
               {{"program", keeper.program},
                {"interface", interfaces},
                {"file", keeper.file},
                {"settings", fmt::format("{}", fmt::join(keeper.lacks, ", "))}});
}

} // namespace

std::vector<base::Message>
notes_on(const profile::Settled& settled, const appliance::Facts& facts, const appliance::Desired& desired,
         const std::function<port::NetworkKeeper(const std::string& interface)>& keeper_of) {
    std::vector<base::Message> notes;
    if (desired.dataplane == profile::Dataplane::xfrm)
        notes.push_back(msg(N_("MTU of {interface}: {mtu} ({origin})"),
                            {{"interface", desired.tunnel_interface},
                             {"mtu", std::to_string(desired.tunnel_mtu.mtu)},
                             {.name = "origin", .value = desired.tunnel_mtu.origin}}));
    if (facts.resolve_plugin && settled.address == profile::AddressMode::assigned)
        notes.push_back(msg(N_("While the tunnel is up, strongSwan's plugin resolve may write the provider's "
                               "DNS server into this machine's /etc/resolv.conf. To prevent it: sudo cp "
                               "{file} /etc/strongswan.d/ && sudo systemctl restart strongswan (this "
                               "interrupts other tunnels of this strongSwan)"),
                            {{"file", resolve_setting}}));
    // Those that are kept in the same way share a sentence.
    std::vector<std::pair<port::NetworkKeeper, std::vector<std::string>>> keepers;
    auto interfaces = settled.lan_interfaces;
    std::erase(interfaces, desired.wan_interface);
    interfaces.insert(interfaces.begin(), desired.wan_interface);
    for (const auto& interface : interfaces) {
        auto keeper = keeper_of(interface);
        const auto known = std::ranges::find(keepers, keeper, [](const auto& entry) { return entry.first; });
        if (known != keepers.end())
            known->second.push_back(interface);
        else if (!keeper.program.empty())
            keepers.emplace_back(std::move(keeper), std::vector{interface});
    }
    for (const auto& [keeper, theirs] : keepers)
        notes.push_back(note_on(fmt::format("{}", fmt::join(theirs, ", ")), keeper));
    return notes;
}

} // namespace eligate::apply
