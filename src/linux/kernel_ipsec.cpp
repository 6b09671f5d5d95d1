// SPDX-License-Identifier: Apache-2.0
#include "linux/kernel_ipsec.hpp"

#include "linux/file.hpp"
#include "linux/netlink.hpp"
#include "linux/netlink_message.hpp"

#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <sched.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <string_view>
#include <vector>

namespace eligate::linux_adapter {
namespace {

using base::Result;

struct FreeSocket {
    void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};

constexpr std::uint32_t trial_if_id = 1;
constexpr unsigned key_bits = 256;

/// An algorithm of the XFRM messages: its fixed part, then a key of zeros.
template <class Algorithm>
void put_algorithm(nl_msg* message, int attribute, Algorithm algorithm, std::string_view name) {
    std::ranges::copy(name, std::begin(algorithm.alg_name));
    algorithm.alg_key_len = key_bits;
    std::vector<std::byte> bytes(sizeof algorithm + key_bits / 8);
    std::memcpy(bytes.data(), &algorithm, sizeof algorithm);
    nla_put(message, attribute, static_cast<int>(bytes.size()), bytes.data());
}

/// An SA like those that charon installs: a tunnel, ESP in UDP, of an XFRM interface. AES-CBC with
/// HMAC-SHA-256 is what a kernel with ESP has (RFC 8221 section 5).
MessagePtr trial_sa() {
    MessagePtr message(nlmsg_alloc_simple(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK));
    xfrm_usersa_info sa{};
    sa.id.daddr.a4 = htonl(INADDR_LOOPBACK);
    sa.id.spi = htonl(0x1000);
    sa.id.proto = IPPROTO_ESP;
    sa.saddr.a4 = htonl(INADDR_LOOPBACK);
    sa.lft = {.soft_byte_limit = XFRM_INF,
              .hard_byte_limit = XFRM_INF,
              .soft_packet_limit = XFRM_INF,
              .hard_packet_limit = XFRM_INF,
              .soft_add_expires_seconds = 0,
              .hard_add_expires_seconds = 0,
              .soft_use_expires_seconds = 0,
              .hard_use_expires_seconds = 0};
    sa.family = AF_INET;
    sa.mode = XFRM_MODE_TUNNEL;
    nlmsg_append(message.get(), &sa, sizeof sa, NLMSG_ALIGNTO);
    put_algorithm(message.get(), XFRMA_ALG_CRYPT, xfrm_algo{}, "cbc(aes)");
    xfrm_algo_auth integrity{};
    integrity.alg_trunc_len = 128;
    put_algorithm(message.get(), XFRMA_ALG_AUTH_TRUNC, integrity, "hmac(sha256)");
    const xfrm_encap_tmpl encapsulation{.encap_type = UDP_ENCAP_ESPINUDP,
                                        .encap_sport = htons(4500),
                                        .encap_dport = htons(4500),
                                        .encap_oa = {}};
    nla_put(message.get(), XFRMA_ENCAP, sizeof encapsulation, &encapsulation);
    nla_put_u32(message.get(), XFRMA_IF_ID, trial_if_id);
    return message;
}

int install_sa() {
    const std::unique_ptr<nl_sock, FreeSocket> socket(nl_socket_alloc());
    int error = nl_connect(socket.get(), NETLINK_XFRM);
    if (error >= 0)
        error = nl_send_auto(socket.get(), trial_sa().get());
    return error < 0 ? error : nl_wait_for_ack(socket.get());
}

Result<port::KernelIpsec> tried() {
    if (::unshare(CLONE_NEWNET) != 0)
        return base::Unexpected(system_error("unshare", "CLONE_NEWNET"));
    ELIGATE_TRY_ASSIGN(auto netlink, Netlink::open());
    port::KernelIpsec found;
    const auto made = netlink.set({.name = "trial", .if_id = trial_if_id, .mtu = 1400, .up = false});
    found.interface = made.has_value();
    if (!made)
        found.reason = "XFRM interface: " + made.error().evidence.back().second;
    const int error = install_sa();
    found.esp = error >= 0;
    if (!found.esp)
        found.reason += (found.reason.empty() ? "ESP: " : ", ESP: ") + std::string(nl_geterror(error));
    return found;
}

} // namespace

Result<port::KernelIpsec> try_kernel_ipsec() {
    // unshare(2) moves only the calling thread; the namespace ends with it.
    return std::async(std::launch::async, tried).get();
}

} // namespace eligate::linux_adapter
