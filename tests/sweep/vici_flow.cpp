// SPDX-License-Identifier: Apache-2.0
#include "sweep/vici_flow.hpp"

#include <algorithm>
#include <array>

namespace eligate::sweep {
namespace {

constexpr std::size_t length_size = 4;
constexpr std::size_t longest_head = length_size + 1 + 1 + 255;
constexpr char command_request = 0;

bool changes_charon(std::string_view command) {
    constexpr std::array<std::string_view, 12> changing{
        "load-", "unload-",  "flush-certs",     "clear-creds", "initiate",  "terminate",
        "rekey", "redirect", "reload-settings", "install",     "uninstall", "reset-counters"};
    return std::ranges::any_of(changing, [&](std::string_view start) { return command.starts_with(start); });
}

/// The command of a request; empty for every other packet.
std::string_view command_of(std::string_view head) {
    if (head.size() < length_size + 2 || head[length_size] != command_request)
        return {};
    return head.substr(length_size + 2, static_cast<unsigned char>(head[length_size + 1]));
}

} // namespace

/// The whole packet's size, once the length has been seen; until then the length's.
std::size_t ViciFlow::wanted() const {
    if (m_head.size() < length_size)
        return length_size;
    std::size_t length = 0;
    for (const char byte : m_head.substr(0, length_size))
        length = (length << 8U) | static_cast<unsigned char>(byte);
    return length_size + length;
}

std::string ViciFlow::take(std::string_view bytes) {
    std::string commands;
    while (!bytes.empty()) {
        const auto part = bytes.substr(0, wanted() - m_seen);
        m_head += part.substr(0, longest_head - std::min(longest_head, m_head.size()));
        m_seen += part.size();
        bytes.remove_prefix(part.size());
        if (m_head.size() < length_size || m_seen < wanted())
            continue;
        if (const auto command = command_of(m_head); changes_charon(command))
            commands += (commands.empty() ? "" : " ") + std::string(command);
        m_head.clear();
        m_seen = 0;
    }
    return commands;
}

} // namespace eligate::sweep
