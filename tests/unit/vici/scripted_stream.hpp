// SPDX-License-Identifier: Apache-2.0
/// A charon that answers from a script, for tests without one.
#pragma once

#include "catalog/catalog.hpp"
#include "vici/packet.hpp"
#include "vici/stream.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace eligate::test {

inline std::string frame(vici::PacketType type, const std::string& name = {},
                         const vici::Message& message = {}) {
    return std::string(vici::encode_frame({.type = type, .name = name, .message = message})->expose());
}

inline std::string response(const vici::Message& message = {}) {
    return frame(vici::PacketType::command_response, {}, message);
}

inline std::string event(const std::string& name, const vici::Message& message = {}) {
    return frame(vici::PacketType::event, name, message);
}

inline std::string confirm() {
    return frame(vici::PacketType::event_confirm);
}

/// What the client sent, and what it is answered: the n-th request releases the n-th answer.
struct Script {
    std::vector<std::string> answers;
    std::vector<vici::Packet> requests = {};
    /// Bytes per receive(), to show that frames may come in pieces.
    std::size_t chunk = 65536;
    /// After the last answer: hang up, or say nothing until the deadline.
    bool hang_up = false;
    int connections = 0;
};

class ScriptedStream final : public vici::Stream {
  public:
    explicit ScriptedStream(Script& script)
        : m_script(&script) {
        ++script.connections;
    }

    base::Result<> send_all(std::string_view bytes, const vici::Wait& /*wait*/) override {
        const auto packet = vici::decode_packet(bytes.substr(vici::frame_header));
        if (m_script->requests.size() < m_script->answers.size())
            m_pending += m_script->answers[m_script->requests.size()];
        m_script->requests.push_back(packet.value());
        return {};
    }

    base::Result<std::size_t> receive(std::span<char> buffer, const vici::Wait& wait) override {
        if (wait.cancel.requested())
            return base::fail(catalog::code::interrupted, {});
        if (m_pending.empty() && m_script->hang_up)
            return 0;
        if (m_pending.empty())
            return base::fail(catalog::code::charon_silent, {});
        const auto count = std::min({buffer.size(), m_pending.size(), m_script->chunk});
        std::copy_n(m_pending.begin(), count, buffer.begin());
        m_pending.erase(0, count);
        return count;
    }

  private:
    Script* m_script;
    std::string m_pending;
};

inline vici::Connect connect_to(Script& script) {
    return [&script](const vici::Wait& /*wait*/) -> base::Result<std::unique_ptr<vici::Stream>> {
        return std::make_unique<ScriptedStream>(script);
    };
}

} // namespace eligate::test
