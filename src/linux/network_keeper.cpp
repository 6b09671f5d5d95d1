// SPDX-License-Identifier: Apache-2.0
#include "linux/network_keeper.hpp"

#include "linux/file.hpp"

#include <net/if.h>

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace eligate::linux_adapter {
namespace {

constexpr std::size_t small = std::size_t{64} * 1024;
constexpr std::string_view blank = " \t\r";
/// In the order in which systemd looks: a name found earlier hides the same name further on.
constexpr std::array<const char*, 4> systemd_folders{"/etc/systemd", "/run/systemd", "/usr/local/lib/systemd",
                                                     "/usr/lib/systemd"};

std::string text_of(const std::string& path) {
    const auto content = read_file(path, small);
    return content ? std::string(content->expose()) : std::string();
}

std::string_view trimmed(std::string_view text) {
    const auto from = text.find_first_not_of(blank);
    if (from == std::string_view::npos)
        return {};
    return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

using Settings = std::map<std::string, std::string, std::less<>>;

/// "KEY" or "[Section]KEY": the last one counts, as for all who read such files here.
void read_settings(std::string_view text, Settings& settings) {
    std::string section;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#' || line.front() == ';')
            continue;
        if (line.front() == '[') {
            section = line;
            continue;
        }
        if (const auto equals = line.find('='); equals != std::string_view::npos)
            settings[section + std::string(trimmed(line.substr(0, equals)))] =
                trimmed(line.substr(equals + 1));
    }
}

Settings settings_of(const std::string& path) {
    Settings settings;
    read_settings(text_of(path), settings);
    return settings;
}

/// networkd.conf and its drop-ins (systemd.syntax(7)): the drop-ins win, in the order of their names.
Settings networkd_settings(const std::string& root) {
    std::map<std::string, std::string> files;
    std::optional<std::string> main;
    for (const auto* const folder : systemd_folders) {
        const auto base = root + folder;
        if (!main && read_file(base + "/networkd.conf", small))
            main = base + "/networkd.conf";
        const auto drop_ins = base + "/networkd.conf.d/";
        for (const auto& name : list_folder(drop_ins).value_or(std::vector<std::string>{}))
            if (name.ends_with(".conf"))
                files.try_emplace(name, std::string(drop_ins).append(name));
    }
    Settings settings;
    if (main)
        read_settings(text_of(*main), settings);
    for (const auto& [name, path] : files)
        read_settings(text_of(path), settings);
    return settings;
}

bool says(const Settings& settings, std::string_view key, std::string_view value) {
    const auto found = settings.find(key);
    return found != settings.end() && found->second == value;
}

/// parse_boolean() of systemd.
bool is_off(const Settings& settings, std::string_view key) {
    for (const auto* const word : {"no", "false", "off", "0", "n", "f"})
        if (says(settings, key, word))
            return true;
    return false;
}

port::NetworkKeeper networkd(const std::string& root) {
    port::NetworkKeeper keeper{.program = "systemd-networkd",
                               .lacks = {},
                               .file = "/etc/systemd/networkd.conf.d/99-eligate.conf [Network]"};
    const auto settings = networkd_settings(root);
    for (const std::string key : {"ManageForeignRoutes", "ManageForeignRoutingPolicyRules"})
        if (!is_off(settings, "[Network]" + key))
            keeper.lacks.push_back(key + "=no");
    return keeper;
}

port::NetworkKeeper network_manager(const std::string& root) {
    port::NetworkKeeper keeper{.program = "NetworkManager",
                               .lacks = {},
                               .file = "/etc/NetworkManager/conf.d/50-eligate.conf [keyfile]"};
    // A file of the same name under /etc would be read instead.
    for (const auto* const folder : {"/etc", "/usr/lib"})
        if (const auto text = text_of(root + folder + "/NetworkManager/conf.d/50-eligate.conf");
            !text.empty()) {
            if (text.find("interface-name:eligate0") != std::string::npos)
                return keeper;
            break;
        }
    keeper.lacks.emplace_back("unmanaged-devices+=interface-name:eligate0");
    return keeper;
}

} // namespace

port::NetworkKeeper keeper_under(const std::string& root, const std::string& interface, unsigned index) {
    const auto number = std::to_string(index);
    const auto link = settings_of(root + "/run/systemd/netif/links/" + number);
    if (link.contains("ADMIN_STATE") && !says(link, "ADMIN_STATE", "unmanaged"))
        return networkd(root);
    if (says(settings_of(root + "/run/NetworkManager/devices/" + number), "[device]managed", "true"))
        return network_manager(root);
    if (!text_of(root + "/run/network/ifstate." + interface).empty())
        return {.program = "ifupdown", .lacks = {}, .file = {}};
    return {};
}

port::NetworkKeeper keeper_of(const std::string& interface) {
    return keeper_under({}, interface, ::if_nametoindex(interface.c_str()));
}

} // namespace eligate::linux_adapter
