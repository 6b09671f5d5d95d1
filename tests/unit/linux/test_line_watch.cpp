// SPDX-License-Identifier: Apache-2.0
#include "linux/line_watch.hpp"
#include "support/catch.hpp"

#include <vector>

using namespace eligate;
using namespace eligate::linux_adapter;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes question(const std::vector<std::string>& labels, std::uint8_t flags = 0x01) {
    Bytes message{0x12, 0x34, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    for (const auto& label : labels) {
        message.push_back(static_cast<std::uint8_t>(label.size()));
        message.insert(message.end(), label.begin(), label.end());
    }
    message.insert(message.end(), {0, 0, 1, 0, 1});
    return message;
}

std::optional<std::string> asked(std::span<const std::uint8_t> message) {
    return name_in(message, false);
}

Bytes datagram(const Bytes& payload, std::uint8_t port = 53) {
    Bytes udp{0x80, 0, 0, port, 0, 0, 0, 0};
    udp.insert(udp.end(), payload.begin(), payload.end());
    return udp;
}

Bytes ipv4(const Bytes& inside, std::uint8_t protocol = 17, std::uint8_t offset = 0) {
    Bytes packet{0x45, 0, 0, 0, 0, 0, 0, offset, 64, protocol, 0, 0, 192, 168, 3, 10, 10, 20, 0, 53};
    packet.insert(packet.end(), inside.begin(), inside.end());
    return packet;
}

} // namespace

TEST_CASE("line watch: source, destination and question of a packet") {
    const auto packet = ipv4(datagram(question({"PWEB", "base", "oqs-pdl", "org"})));
    const auto seen = packet_seen(packet);
    CHECK(seen.source == net::Address::parse("192.168.3.10"));
    CHECK(seen.destination == net::Address::parse("10.20.0.53"));
    CHECK(asked(seen.dns) == "pweb.base.oqs-pdl.org");
}

TEST_CASE("line watch: DNS is UDP to port 53, in the first piece of a packet") {
    const auto message = question({"rece"});
    CHECK(packet_seen(ipv4(datagram(message, 54))).dns.empty());
    auto answer = datagram(message, 54);
    answer[0] = 0;
    answer[1] = 53;
    CHECK_FALSE(packet_seen(ipv4(answer)).dns.empty());
    CHECK(packet_seen(ipv4(datagram(message), 6)).dns.empty());
    CHECK(packet_seen(ipv4(datagram(message), 17, 185)).dns.empty());
    Bytes six(40, 0);
    six[0] = 0x60;
    six[6] = 17;
    const auto inside = datagram(message);
    six.insert(six.end(), inside.begin(), inside.end());
    CHECK(asked(packet_seen(six).dns) == "rece");
}

TEST_CASE("line watch: an answer asks for nothing, and a question answers nothing") {
    CHECK_FALSE(asked(question({"rece"}, 0x81)));
    CHECK(name_in(question({"rece"}, 0x81), true) == "rece");
    CHECK_FALSE(name_in(question({"rece"}), true));
}

TEST_CASE("line watch: what is cut off anywhere is nothing, and is not read beyond its end") {
    const auto whole = ipv4(datagram(question({"pweb", "base", "oqs-pdl", "org"})));
    for (std::size_t size = 0; size < whole.size() - 5; ++size) {
        const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK_FALSE(asked(packet_seen(part).dns));
    }
    auto long_header = whole;
    long_header[0] = 0x4f;
    CHECK_FALSE(asked(packet_seen(long_header).dns));
    auto no_header = whole;
    no_header[0] = 0x41;
    CHECK_FALSE(packet_seen(no_header).destination);
    CHECK_FALSE(asked(question({std::string(64, 'a')})));
}
