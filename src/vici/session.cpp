// SPDX-License-Identifier: Apache-2.0
#include "vici/session.hpp"

#include "catalog/catalog.hpp"

#include <utility>

namespace eligate::vici {
namespace {

namespace code = catalog::code;

} // namespace

Session::Session(std::unique_ptr<Stream> stream)
    : m_stream(std::move(stream)) {}

base::Result<> Session::fill(std::span<char> buffer, const Wait& wait) {
    while (!buffer.empty()) {
        ELIGATE_TRY_ASSIGN(const std::size_t count, m_stream->receive(buffer, wait));
        if (count == 0)
            return base::fail(code::charon_lost, base::msg(N_("strongSwan closed the connection.")));
        buffer = buffer.subspan(count);
    }
    return {};
}

base::Result<Packet> Session::receive_packet(const Wait& wait) {
    std::array<char, frame_header> raw{};
    ELIGATE_TRY(fill(raw, wait));
    std::array<unsigned char, frame_header> header{};
    for (std::size_t i = 0; i < frame_header; ++i)
        header[i] = static_cast<unsigned char>(raw[i]);
    ELIGATE_TRY_ASSIGN(const std::size_t length, frame_length(header));
    std::string frame(length, '\0');
    ELIGATE_TRY(fill(frame, wait));
    return decode_packet(frame);
}

base::Result<Packet> Session::send_and_await(const Packet& packet, const Wait& wait,
                                             const EventHandler& on_event) {
    {
        ELIGATE_TRY_ASSIGN(const base::Secret frame, encode_frame(packet));
        ELIGATE_TRY(m_stream->send_all(frame.expose(), wait));
    }
    for (;;) {
        ELIGATE_TRY_ASSIGN(Packet received, receive_packet(wait));
        if (received.type != PacketType::event)
            return received;
        if (on_event)
            on_event(received.name, received.message);
    }
}

base::Result<Packet> Session::answer_to(const Packet& packet, const Wait& wait,
                                        const EventHandler& on_event) {
    if (!usable())
        return base::fail(code::charon_lost, base::msg(N_("The connection to strongSwan was lost.")));
    auto answer = send_and_await(packet, wait, on_event);
    // A request that was never sent leaves the stream where it was.
    if (!answer && answer.error().code != code::value_unfit)
        m_stream.reset();
    return answer;
}

base::Result<Message> Session::exchange(std::string_view command, const Message& request, const Wait& wait,
                                        const EventHandler& on_event) {
    ELIGATE_TRY_ASSIGN(
        Packet answer,
        answer_to({.type = PacketType::command_request, .name = std::string(command), .message = request},
                  wait, on_event));
    if (answer.type == PacketType::command_response)
        return std::move(answer.message);
    if (answer.type == PacketType::command_unknown)
        return base::fail(code::charon_refused,
                          base::msg(N_("strongSwan does not know the command {command}."),
                                    {{"command", std::string(command)}}));
    m_stream.reset();
    return base::fail(code::charon_protocol,
                      base::msg(N_("strongSwan answered a command with something else.")));
}

base::Result<Message> Session::request(std::string_view command, const Message& request, const Wait& wait,
                                       const EventHandler& on_event) {
    ELIGATE_TRY_ASSIGN(Message answer, exchange(command, request, wait, on_event));
    if (answer.value("success") == "no")
        return base::fail(code::charon_refused,
                          base::msg(N_("strongSwan refused {command}: {errmsg}"),
                                    {{"command", std::string(command)}, {"errmsg", answer.text("errmsg")}}),
                          {{"command", std::string(command)}, {"strongswan", answer.text("errmsg")}});
    return answer;
}

base::Result<bool> Session::subscribe(std::string_view event, const Wait& wait,
                                      const EventHandler& on_event) {
    ELIGATE_TRY_ASSIGN(
        const Packet answer,
        answer_to({.type = PacketType::event_register, .name = std::string(event), .message = {}}, wait,
                  on_event));
    if (answer.type == PacketType::event_confirm)
        return true;
    if (answer.type == PacketType::event_unknown)
        return false;
    m_stream.reset();
    return base::fail(code::charon_protocol,
                      base::msg(N_("strongSwan answered an event registration with something else.")));
}

base::Result<> Session::unsubscribe(std::string_view event, const Wait& wait, const EventHandler& on_event) {
    ELIGATE_TRY_ASSIGN(
        const Packet answer,
        answer_to({.type = PacketType::event_unregister, .name = std::string(event), .message = {}}, wait,
                  on_event));
    if (answer.type == PacketType::event_confirm)
        return {};
    m_stream.reset();
    return base::fail(code::charon_protocol,
                      base::msg(N_("strongSwan answered an event registration with something else.")));
}

base::Result<Packet> Session::next_event(const Wait& wait) {
    if (!usable())
        return base::fail(code::charon_lost, base::msg(N_("The connection to strongSwan was lost.")));
    auto packet = receive_packet(wait);
    if (packet && packet->type == PacketType::event)
        return packet;
    m_stream.reset();
    if (!packet)
        return packet;
    return base::fail(code::charon_protocol,
                      base::msg(N_("strongSwan sent an answer that nobody asked for.")));
}

base::Result<std::vector<Message>> Session::list(std::string_view command, const Message& request,
                                                 std::string_view event, const Wait& wait) {
    ELIGATE_TRY_ASSIGN(const bool known, subscribe(event, wait));
    if (!known)
        return base::fail(code::charon_refused, base::msg(N_("strongSwan does not know the event {event}."),
                                                          {{"event", std::string(event)}}));
    std::vector<Message> listed;
    bool too_many = false;
    const auto collect = [&](std::string_view name, const Message& message) {
        if (name != event)
            return;
        if (listed.size() < max_listed)
            listed.push_back(message);
        else
            too_many = true;
    };
    auto answer = this->request(command, request, wait, collect);
    if (!answer && !usable())
        return base::Unexpected(std::move(answer).error());
    ELIGATE_TRY(unsubscribe(event, wait));
    if (!answer)
        return base::Unexpected(std::move(answer).error());
    if (too_many)
        return base::fail(code::charon_protocol, base::msg(N_("strongSwan's list is longer than it can be.")),
                          {{"command", std::string(command)}, {"limit", std::to_string(max_listed)}});
    return listed;
}

} // namespace eligate::vici
