// SPDX-License-Identifier: Apache-2.0
#include "vici/sa.hpp"

#include "catalog/catalog.hpp"
#include "vici/number.hpp"

namespace eligate::vici {
namespace {

Algorithms algorithms_of(const Message& sa) {
    return {.encryption = sa.text("encr-alg"),
            .key_bits = number_or<std::uint32_t>(sa, "encr-keysize", 0),
            .integrity = sa.text("integ-alg"),
            .prf = sa.text("prf-alg"),
            .dh_group = sa.text("dh-group")};
}

Traffic traffic_of(const Message& sa, const std::string& direction) {
    return {.bytes = number_or<std::uint64_t>(sa, "bytes-" + direction, 0),
            .packets = number_or<std::uint64_t>(sa, "packets-" + direction, 0),
            .idle = seconds_of(sa, "use-" + direction)};
}

ChildSa child_sa(const Message& sa) {
    return {.name = sa.text("name"),
            .uniqueid = number_or<std::uint32_t>(sa, "uniqueid", 0),
            .reqid = number_or<std::uint32_t>(sa, "reqid", 0),
            .state = sa.text("state"),
            .mode = sa.text("mode"),
            .protocol = sa.text("protocol"),
            .encap = sa.flag("encap"),
            .spi_in = sa.text("spi-in"),
            .spi_out = sa.text("spi-out"),
            .if_id_in = number_or<std::uint32_t>(sa, "if-id-in", 0, 16),
            .if_id_out = number_or<std::uint32_t>(sa, "if-id-out", 0, 16),
            .algorithms = algorithms_of(sa),
            .in = traffic_of(sa, "in"),
            .out = traffic_of(sa, "out"),
            .install_time = seconds_of(sa, "install-time").value_or(std::chrono::seconds(0)),
            .rekey_time = seconds_of(sa, "rekey-time"),
            .life_time = seconds_of(sa, "life-time"),
            .local_ts = sa.list("local-ts"),
            .remote_ts = sa.list("remote-ts")};
}

} // namespace

base::Result<IkeSa> ike_sa(const Message& event) {
    const Message* found =
        event.entries().size() == 1 ? std::get_if<Message>(&event.entries().front().content) : nullptr;
    if (found == nullptr)
        return base::fail(catalog::code::charon_protocol,
                          base::msg(N_("strongSwan listed something that is no IKE_SA.")));
    const Message& sa = *found;
    IkeSa ike{.name = event.entries().front().name,
              .uniqueid = number_or<std::uint32_t>(sa, "uniqueid", 0),
              .state = sa.text("state"),
              .local_host = sa.text("local-host"),
              .local_port = number_or<std::uint16_t>(sa, "local-port", 0),
              .local_id = sa.text("local-id"),
              .remote_host = sa.text("remote-host"),
              .remote_port = number_or<std::uint16_t>(sa, "remote-port", 0),
              .remote_id = sa.text("remote-id"),
              .initiator = sa.flag("initiator"),
              .initiator_spi = sa.text("initiator-spi"),
              .responder_spi = sa.text("responder-spi"),
              .nat_local = sa.flag("nat-local"),
              .nat_remote = sa.flag("nat-remote"),
              .nat_any = sa.flag("nat-any"),
              .algorithms = algorithms_of(sa),
              .established = seconds_of(sa, "established"),
              .rekey_time = seconds_of(sa, "rekey-time"),
              .local_vips = sa.list("local-vips"),
              .children = {}};
    if (const Message* children = sa.section("child-sas"))
        for (const auto& entry : children->entries())
            if (const auto* child = std::get_if<Message>(&entry.content))
                ike.children.push_back(child_sa(*child));
    return ike;
}

bool ChildSa::unanswered() const {
    // Resolvers of terminals and their first TCP packets, repeated, are more than this within the minute.
    constexpr std::uint64_t some = 10;
    constexpr std::chrono::seconds long_enough(60);
    return in.packets == 0 && out.packets >= some && install_time >= long_enough;
}

bool IkeSa::awaits_first_answer() const {
    return state == "CONNECTING" && responder_spi.find_first_not_of('0') == std::string::npos;
}

bool IkeSa::is_under_way() const {
    return state == "CONNECTING" && !awaits_first_answer();
}

std::optional<net::Prefix> prefix_of(std::string_view selector) {
    return net::Prefix::parse(selector);
}

} // namespace eligate::vici
