// SPDX-License-Identifier: Apache-2.0
#include "apply/readiness.hpp"

#include "apply/state_json.hpp"
#include "catalog/catalog.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <future>
#include <set>
#include <string_view>
#include <utility>

namespace eligate::apply {
namespace {

using base::msg;
namespace code = catalog::code;

/// What every part of eligate was written for and tested with: Debian 12's.
constexpr std::array<unsigned, 3> oldest_version{5, 9, 8};
constexpr std::string_view expected_daemon = "charon-systemd";

constexpr const char* state_folder = "/var/lib/eligate";
constexpr const char* state_parent = "/var/lib";
constexpr const char* lock_folder = "/run";
constexpr std::size_t small_file = 4096;
/// More than any site's files and records.
constexpr std::size_t ample = std::size_t{256} * 1024;

std::optional<std::array<unsigned, 3>> numbers_of(std::string_view version) {
    std::array<unsigned, 3> numbers{};
    const auto* at = version.data();
    const auto* const end = version.data() + version.size();
    for (auto& number : numbers) {
        const auto [rest, error] = std::from_chars(at, end, number);
        if (error != std::errc{})
            return std::nullopt;
        at = rest;
        if (&number == &numbers.back())
            break;
        if (at == end || *at != '.')
            return std::nullopt;
        ++at;
    }
    return numbers;
}

/// Where Debian 12 and 13 put an algorithm or plugin that is not in the packages which charon-systemd needs
/// anyway.
std::string_view package_of_algorithm(std::string_view name) {
    for (const auto* const prefix : {"AES_CCM", "AES_CTR", "AES_CMAC", "PRF_AES128_CMAC"})
        if (name.starts_with(prefix))
            return "libstrongswan-extra-plugins";
    for (const auto* const prefix : {"AES_GCM", "ECP_", "CURVE_", "CHACHA20", "CAMELLIA"})
        if (name.starts_with(prefix))
            return "libstrongswan-standard-plugins";
    return "libstrongswan";
}

struct Plugin {
    std::string_view name;
    std::string_view package;
};

std::vector<Plugin> plugins_for(const profile::Settled& settled, const Footing& footing) {
    std::vector<Plugin> needed{{"kernel-netlink", "libstrongswan"},
                               {"socket-default", "strongswan-libcharon"}};
    if (settled.local.method == ipsec::AuthMethod::eap_mschapv2)
        needed.push_back({"eap-mschapv2", "libcharon-extauth-plugins"});
    // The kernel's dataplane learns the assigned address from charon's updown plugin; kernel-libipsec puts it
    // on its own device.
    const bool userspace = std::ranges::find(footing.plugins, "kernel-libipsec") != footing.plugins.end();
    if ((settled.address == profile::AddressMode::assigned || settled.forwarder) && !userspace)
        needed.push_back({"updown", "strongswan-libcharon"});
    return needed;
}

using Faults = std::vector<base::Error>;

void judge_version(const vici::Version& version, Faults& faults) {
    const base::Evidence seen{{"program", version.daemon}, {"version", version.version}};
    const auto numbers = numbers_of(version.version);
    if (version.daemon != expected_daemon || !numbers)
        faults.push_back({.code = code::strongswan_other_build,
                          .what = msg(N_("{program} {version} answers as strongSwan"),
                                      {{"program", version.daemon}, {"version", version.version}}),
                          .evidence = seen});
    else if (*numbers < oldest_version)
        faults.push_back({.code = code::strongswan_too_old,
                          .what = msg(N_("strongSwan {version} is too old"), {{"version", version.version}}),
                          .evidence = seen});
}

void judge_plugins(const profile::Settled& settled, const Footing& footing, Faults& faults) {
    for (const auto& [name, package] : plugins_for(settled, footing)) {
        if (std::ranges::find(footing.plugins, name) != footing.plugins.end())
            continue;
        const std::string plugin(name);
        faults.push_back({.code = code::plugin_missing,
                          .what = msg(N_("strongSwan runs without its plugin {name}"), {{"name", plugin}}),
                          .evidence = {{"plugin", plugin}, {"package", std::string(package)}}});
    }
}

void judge_algorithms(const profile::Settled& settled, const Footing& footing, Faults& faults) {
    // The gateway chooses among all that is offered, so each has to be there.
    base::Evidence missing;
    std::set<std::string_view> packages;
    const auto look = [&](const ipsec::Proposal& proposal, auto counts) {
        for (const auto& transform : proposal.transforms()) {
            const auto name = vici::strongswan_name(transform);
            if (!counts(transform) || footing.algorithms.offers(transform))
                continue;
            const std::pair<std::string, std::string> row{"algorithm", std::string(name)};
            if (std::ranges::find(missing, row) == missing.end())
                missing.push_back(row);
            packages.insert(package_of_algorithm(name));
        }
    };
    for (const auto& proposal : settled.ike_proposals)
        look(proposal, [](const ipsec::Transform&) { return true; });
    // Of the packets' own algorithms charon knows only what its userspace dataplane takes from the plugins;
    // the kernel has its own.
    const bool userspace = std::ranges::find(footing.plugins, "kernel-libipsec") != footing.plugins.end();
    for (const auto& proposal : settled.esp_proposals)
        look(proposal, [&](const ipsec::Transform& transform) {
            return userspace || transform.type == ipsec::TransformType::dh_group;
        });
    if (missing.empty())
        return;
    auto what = msg(N_("strongSwan does not have {algorithm}"), {{"algorithm", missing.front().second}});
    for (const auto package : packages)
        missing.emplace_back("package", std::string(package));
    faults.push_back(
        {.code = code::algorithm_missing, .what = std::move(what), .evidence = std::move(missing)});
}

/// "500, 4500"
std::string numbers_of_holder(const std::vector<port::IkePort>& ports, int pid) {
    std::set<std::uint16_t> numbers;
    for (const auto& held : ports)
        if (held.pid == pid)
            numbers.insert(held.port);
    return fmt::format("{}", fmt::join(numbers, ", "));
}

void judge_ports(const std::vector<port::IkePort>& ports, Faults& faults) {
    std::set<int> told;
    for (const auto& held : ports) {
        const bool charon_has_it = std::ranges::any_of(
            ports, [&](const port::IkePort& other) { return other.is_charon && other.port == held.port; });
        // Who cannot be seen is believed to be somebody else only where charon itself has no such socket.
        if (held.is_charon || (held.pid == 0 && charon_has_it) || !told.insert(held.pid).second)
            continue;
        base::Evidence evidence{{"port", numbers_of_holder(ports, held.pid)}};
        if (held.pid != 0)
            evidence.emplace_back("pid", std::to_string(held.pid));
        if (!held.program.empty())
            evidence.emplace_back("program", held.program);
        if (!held.package.empty())
            evidence.emplace_back("package", held.package);
        faults.push_back({.code = code::ike_port_in_use,
                          .what = msg(N_("{program} holds UDP port {port}"),
                                      {{"program", held.program.empty() ? "?" : held.program},
                                       {"port", evidence.front().second}}),
                          .evidence = std::move(evidence)});
    }
}

base::Result<> ask_charon(vici::Charon& charon, Footing& footing) {
    ELIGATE_TRY_ASSIGN(footing.version, charon.version());
    ELIGATE_TRY_ASSIGN(auto stats, charon.stats());
    footing.plugins = std::move(stats.plugins);
    ELIGATE_TRY_ASSIGN(footing.algorithms, charon.algorithms());
    return {};
}

std::string folder_of(const std::string& path) {
    return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

} // namespace

Footing look_at_footing(port::Ground& ground, vici::Charon& charon) {
    Footing footing;
    Footing asked;
    auto answer = std::async(std::launch::async, [&] { return ask_charon(charon, asked); });
    if (auto filter = ground.can_filter(); !filter)
        footing.filter_fault = std::move(filter).error();
    // A port that nobody can tell about is found out by the preflight.
    if (auto ports = ground.ike_ports())
        footing.ike_ports = std::move(*ports);
    auto done = answer.get();
    footing.version = std::move(asked.version);
    footing.plugins = std::move(asked.plugins);
    footing.algorithms = std::move(asked.algorithms);
    if (!done) {
        footing.charon_fault = std::move(done).error();
        // Its silence is the evidence; where it was silent has to be told.
        if (footing.charon_fault->evidence.empty())
            footing.charon_fault->evidence.emplace_back("socket", vici::default_socket);
    }
    return footing;
}

std::vector<base::Error> judge(const profile::Settled& settled, const Footing& footing) {
    Faults faults;
    if (footing.charon_fault) {
        faults.push_back(*footing.charon_fault);
    } else {
        judge_version(footing.version, faults);
        judge_plugins(settled, footing, faults);
        judge_algorithms(settled, footing, faults);
    }
    judge_ports(footing.ike_ports, faults);
    if (footing.filter_fault)
        faults.push_back(*footing.filter_fault);
    return faults;
}

std::map<std::string, std::size_t> room_for(const std::vector<plan::Action>& actions) {
    std::map<std::string, std::size_t> room;
    if (actions.empty())
        return room;
    for (const auto& action : actions)
        if (const auto* const file = std::get_if<plan::File>(&action.subject()))
            room[folder_of(file->path)] += action.after ? file->content.expose().size() + small_file : 0;
    // The journal, and a record that has at most both values of each resource.
    room[state_folder] = 3 * text_of(to_json(actions)).expose().size() + small_file;
    room[lock_folder] += small_file;
    return room;
}

std::map<std::string, std::size_t> room_for_any() {
    return {{"/etc/strongswan.d", small_file},
            {"/etc/swanctl/conf.d", ample},
            {state_folder, ample},
            {lock_folder, small_file}};
}

std::vector<base::Error> check_room(port::Ground& ground, const std::map<std::string, std::size_t>& room,
                                    Trying trying) {
    Faults faults;
    const auto check = [&](const std::string& folder, std::size_t bytes) {
        return trying == Trying::looks ? ground.has_room(folder, bytes) : ground.try_room(folder, bytes);
    };
    for (const auto& [folder, bytes] : room) {
        auto fits = check(folder, bytes);
        // Our own folder comes with the first apply.
        if (!fits && folder == state_folder && fits.error().code == code::folder_missing)
            fits = check(state_parent, bytes);
        if (!fits)
            faults.push_back(std::move(fits).error());
    }
    return faults;
}

} // namespace eligate::apply
