// SPDX-License-Identifier: Apache-2.0
/// One VICI connection. One command runs at a time; events may come before, between and after the answers.
///
/// charon does not answer a malformed request at all, so nothing here waits without a deadline. After any
/// error but charon_refused the position in the byte stream is unknown: usable() is false and every further
/// call fails with charon_lost. Open a new session then.
#pragma once

#include "vici/packet.hpp"
#include "vici/stream.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eligate::vici {

class Session {
  public:
    using EventHandler = std::function<void(std::string_view event, const Message& message)>;

    /// More elements than this in one streamed list mean that something is broken.
    static constexpr std::size_t max_listed = 10'000;

    explicit Session(std::unique_ptr<Stream> stream);

    /// The answer as it is, "success = no" included. A command that charon does not know is charon_refused.
    base::Result<Message> exchange(std::string_view command, const Message& request, const Wait& wait,
                                   const EventHandler& on_event = {});
    /// Like exchange, but "success = no" is charon_refused with charon's words as evidence "strongswan".
    base::Result<Message> request(std::string_view command, const Message& request, const Wait& wait,
                                  const EventHandler& on_event = {});
    /// A list command: registers `event`, collects it while `command` runs, unregisters.
    base::Result<std::vector<Message>> list(std::string_view command, const Message& request,
                                            std::string_view event, const Wait& wait);

    /// False if this charon does not know the event (EVENT_UNKNOWN).
    base::Result<bool> subscribe(std::string_view event, const Wait& wait, const EventHandler& on_event = {});
    base::Result<> unsubscribe(std::string_view event, const Wait& wait, const EventHandler& on_event = {});
    /// Waits for the next event of any subscribed kind.
    base::Result<Packet> next_event(const Wait& wait);

    bool usable() const { return m_stream != nullptr; }

  private:
    base::Result<Packet> answer_to(const Packet& packet, const Wait& wait, const EventHandler& on_event);
    base::Result<Packet> send_and_await(const Packet& packet, const Wait& wait, const EventHandler& on_event);
    base::Result<Packet> receive_packet(const Wait& wait);
    base::Result<> fill(std::span<char> buffer, const Wait& wait);

    std::unique_ptr<Stream> m_stream;
};

} // namespace eligate::vici
