// SPDX-License-Identifier: Apache-2.0
#include "linux/netlink_message.hpp"

#include "catalog/catalog.hpp"

#include <netlink/errno.h>

namespace eligate::linux_adapter {
namespace {

int forward(nl_msg* message, void* context) {
    (*static_cast<OnMessage*>(context))(nlmsg_hdr(message));
    return NL_OK;
}

} // namespace

base::Unexpected refused(const char* call, const std::string& what, int error) {
    return base::fail(catalog::code::system_call,
                      base::msg(N_("{call} {path}: {reason}"),
                                {{"call", call}, {"path", what}, {"reason", nl_geterror(error)}}),
                      {{"call", call}, {"object", what}, {"error", nl_geterror(error)}});
}

int converse(nl_sock* socket, nl_msg* question, OnMessage on_message) {
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, forward, &on_message);
    int error = nl_send_auto(socket, question);
    const bool dump = (nlmsg_hdr(question)->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    if (error >= 0)
        error = nl_recvmsgs_default(socket);
    // libnl asks for an acknowledgement, which comes by itself after a single answer.
    if (error >= 0 && !dump)
        error = nl_wait_for_ack(socket);
    nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_DEFAULT, nullptr, nullptr);
    return error < 0 ? error : 0;
}

} // namespace eligate::linux_adapter
