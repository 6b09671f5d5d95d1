// SPDX-License-Identifier: Apache-2.0
/// What netlink messages ask of the kernel, in a few words.
#pragma once

#include <string>
#include <string_view>

namespace eligate::sweep {

/// "RTM_NEWRULE 211", "NFNL_MSG_BATCH, 14 messages"; empty when the messages only ask.
std::string changes_in_netlink(int protocol, std::string_view bytes);

} // namespace eligate::sweep
