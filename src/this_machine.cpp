// SPDX-License-Identifier: Apache-2.0
#include "this_machine.hpp"

#include "appliance/desired_state.hpp"
#include "apply/prepare.hpp"
#include "apply/readiness.hpp"
#include "catalog/catalog.hpp"
#include "linux/deadline.hpp"
#include "linux/dns_listeners.hpp"
#include "linux/file.hpp"
#include "linux/file_trace.hpp"
#include "linux/forwarder.hpp"
#include "linux/kernel_ipsec.hpp"
#include "linux/line_watch.hpp"
#include "linux/machine.hpp"
#include "linux/machine_ground.hpp"
#include "linux/network_keeper.hpp"
#include "linux/nft.hpp"
#include "linux/probe_clock.hpp"
#include "linux/probe_links.hpp"
#include "linux/probe_names.hpp"
#include "linux/probe_place.hpp"
#include "linux/probe_wire.hpp"
#include "linux/steadfast_machine.hpp"
#include "linux/store.hpp"
#include "linux/system_log.hpp"
#include "linux/vici_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace eligate {
namespace {

constexpr const char* state_folder = "/var/lib/eligate";

/// Everything that refers to each other, made once and kept together.
struct Adapters {
    explicit Adapters(const base::Cancel& cancel)
        : charon(connect(), cancel)
        , steadfast_charon(connect(), never)
        , heeding(charon, appliance::routing_protocol)
        , steadfast(steadfast_charon, appliance::routing_protocol)
        , machine(heeding, steadfast, cancel)
        , store(state_folder, "/run/eligate.lock")
        , deadline(state_folder, "journal")
        , ground(std::string(vici::default_socket)) {}

    static vici::Connect connect() {
        return [](const vici::Wait& wait) {
            return linux_adapter::connect_vici(std::string(vici::default_socket), wait);
        };
    }

    /// Never requested: what puts things back after a cancel must still be answered.
    base::Cancel never;
    vici::Charon charon;
    vici::Charon steadfast_charon;
    linux_adapter::LinuxMachine heeding;
    linux_adapter::LinuxMachine steadfast;
    linux_adapter::SteadfastMachine machine;
    linux_adapter::FolderStore store;
    linux_adapter::SystemDeadline deadline;
    linux_adapter::JournalLog system_log;
    linux_adapter::MachineGround ground;
    linux_adapter::ProbeLinks links;
    linux_adapter::ProbeClock clock;
    linux_adapter::ProbeNames names;
    linux_adapter::ProbeWire wire;
    linux_adapter::ProbePlaces places;
    linux_adapter::PacketWatcher watcher;
    apply::Surroundings surroundings{
        .charon = charon,
        .ports = {.links = links,
                  .clock = clock,
                  .names = names,
                  .wire = wire,
                  .places = places,
                  .watcher = watcher,
                  .list_sas = [this] { return charon.list_sas(); }},
        .canonical_firewall =
            [](const std::string& text) {
                return linux_adapter::canonical_table(linux_adapter::firewall_table, text);
            },
        .listed_firewall = [] { return linux_adapter::listed_table(linux_adapter::firewall_table); },
        .kernel_ipsec = linux_adapter::try_kernel_ipsec,
        .dns_listeners = linux_adapter::find_dns_listeners,
        .has_forwarder = linux_adapter::has_forwarder,
        .keeper_of = linux_adapter::keeper_of,
        .templates = {}};
};

base::Result<std::string> read_template(const std::string& path) {
    constexpr std::size_t limit = std::size_t{64} * 1024;
    auto file = linux_adapter::read_file(path, limit);
    if (!file)
        return base::fail(catalog::code::template_broken,
                          base::msg(N_("the template {name} cannot be used"), {{"name", path}}),
                          std::move(file.error().evidence));
    return std::string(file->expose());
}

} // namespace

base::Result<cli::Appliance> this_machine(const std::string& templates, const base::Cancel& cancel) {
    if (::geteuid() != 0)
        return base::fail(catalog::code::not_root, base::msg(N_("not running as root")));
    auto adapters = std::make_shared<Adapters>(cancel);
    auto* const all = adapters.get();
    return cli::Appliance{
        .adapters = adapters,
        .machine = all->machine,
        .store = all->store,
        .deadline = all->deadline,
        .system_log = all->system_log,
        .readiness =
            [all](const profile::Settled& settled) {
                auto faults = apply::judge(settled, apply::look_at_footing(all->ground, all->charon));
                std::ranges::move(apply::obstacles_to_forwarder(settled, all->surroundings),
                                  std::back_inserter(faults));
                return faults;
            },
        .first_room =
            [all] { return apply::check_room(all->ground, apply::room_for_any(), apply::Trying::looks); },
        .goal = [all, templates, &cancel](const profile::Settled& settled,
                                          verify::Observer& observer) -> base::Result<apply::Goal> {
            // Only here: what restores the firewall at boot needs no template.
            auto& texts = all->surroundings.templates;
            ELIGATE_TRY_ASSIGN(texts.firewall, read_template(templates + "/eligate.nft"));
            ELIGATE_TRY_ASSIGN(texts.strongswan, read_template(templates + "/strongswan.conf"));
            ELIGATE_TRY_ASSIGN(texts.forwarder, read_template(templates + "/dnsmasq.conf"));
            ELIGATE_TRY_ASSIGN(const auto prepared, apply::prepare(settled, all->surroundings));
            auto goal = apply::goal_of(settled, prepared, all->surroundings, observer, cancel);
            goal.room = [all](const std::vector<plan::Action>& actions, apply::Trying trying) {
                return apply::check_room(all->ground, apply::room_for(actions), trying);
            };
            return goal;
        },
        .canonical_firewall = all->surroundings.canonical_firewall,
        .trace = linux_adapter::trace_of,
        .list_sas = [all] { return all->charon.list_sas(); }};
}

} // namespace eligate
