// SPDX-License-Identifier: Apache-2.0
/// Many changes in one conversation with rtnetlink: one system call sends them, and only a refusal and the
/// last of them are answered.
#pragma once

#include "linux/netlink_message.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace eligate::linux_adapter {

/// At most so many at a time. An answer takes a good 700 bytes of the socket's receive buffer, and each
/// change may be refused: all answers fit into what Linux allows every socket (net.core.rmem_max, 208 KiB,
/// doubled).
inline constexpr std::size_t most_changes = 256;
inline constexpr int receive_buffer = 208 * 1024;

/// The kernel takes one change after the other, and goes on behind one that it refuses. libnl's error for
/// each, positive, or 0. `changes` are at most most_changes, without flags NLM_F_REQUEST and NLM_F_ACK. Where
/// an answer is lost (ENOBUFS) each is sent once more, alone: it must be one that may be made twice. Never
/// blocks.
std::vector<int> send_together(nl_sock* socket, std::span<const MessagePtr> changes);

} // namespace eligate::linux_adapter
