// SPDX-License-Identifier: Apache-2.0
#include "linux/session.hpp"

#include "linux/account.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>

namespace eligate::linux_adapter {
namespace {

// An environment is at most 2 MB, and what sshd puts there comes with the first few dozen values.
constexpr std::size_t longest_environment = std::size_t{256} * 1024;
constexpr int most_ancestors = 32;

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text(longest_environment, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

/// From /proc/PID/stat: "PID (NAME) STATE PPID …"; the name may hold blanks and brackets.
pid_t parent_of(pid_t pid) {
    const auto text = text_of(fmt::format("/proc/{}/stat", pid));
    const auto end = text.rfind(')');
    if (end == std::string::npos)
        return 0;
    std::istringstream words(text.substr(end + 1));
    std::string state;
    pid_t parent = 0;
    words >> state >> parent;
    return parent;
}

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

/// sshd(8): "client-ip client-port server-ip server-port". Whoever is root may write anything there.
std::string peer_in(std::string_view environment) {
    constexpr std::string_view name = "SSH_CONNECTION=";
    while (!environment.empty()) {
        const auto entry = environment.substr(0, environment.find('\0'));
        if (entry.starts_with(name)) {
            const auto value = entry.substr(name.size());
            const std::string address(value.substr(0, value.find(' ')));
            return is_address(address) ? address : std::string();
        }
        environment.remove_prefix(std::min(entry.size() + 1, environment.size()));
    }
    return {};
}

uid_t login_user() {
    const auto text = text_of("/proc/self/loginuid");
    uid_t user = std::numeric_limits<uid_t>::max();
    std::from_chars(text.data(), text.data() + text.size(), user);
    // The kernel's word for nobody: a service, a container.
    return user == std::numeric_limits<uid_t>::max() ? ::getuid() : user;
}

} // namespace

Session session_of_this_process() {
    Session session{.user = name_of(login_user()), .peer = {}};
    auto pid = ::getpid();
    for (int i = 0; i < most_ancestors && pid > 1 && session.peer.empty(); ++i) {
        session.peer = peer_in(text_of(fmt::format("/proc/{}/environ", pid)));
        pid = parent_of(pid);
    }
    return session;
}

std::string who_runs_this() {
    const auto session = session_of_this_process();
    return session.peer.empty() ? session.user : fmt::format("{} ({})", session.user, session.peer);
}

} // namespace eligate::linux_adapter
