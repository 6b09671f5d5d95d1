// SPDX-License-Identifier: Apache-2.0
/// What the netlink adapters of this room have in common: a message that is freed, the attributes of one, a
/// question with its answers, and the kernel's refusal as an Error.
#pragma once

#include "base/result.hpp"

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace eligate::linux_adapter {

struct FreeMessage {
    void operator()(nl_msg* message) const { nlmsg_free(message); }
};
using MessagePtr = std::unique_ptr<nl_msg, FreeMessage>;

using OnMessage = std::function<void(nlmsghdr*)>;

/// `error` is libnl's, negative.
base::Unexpected refused(const char* call, const std::string& what, int error);

/// Sends the question and hands each message of the answer to `on_message`; libnl's error, negative, or 0.
int converse(nl_sock* socket, nl_msg* question, OnMessage on_message);

template <std::size_t Count>
bool parse(nlmsghdr* header, int header_size, std::array<nlattr*, Count>& attributes) {
    return nlmsg_parse(header, header_size, attributes.data(), static_cast<int>(Count) - 1, nullptr) == 0;
}

} // namespace eligate::linux_adapter
