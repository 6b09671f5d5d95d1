// SPDX-License-Identifier: Apache-2.0
/// port::Links over rtnetlink, in this network namespace. Opens a socket for each question, so it may be used
/// from several threads.
#pragma once

#include "port/probe.hpp"

namespace eligate::linux_adapter {

class ProbeLinks final : public port::Links {
  public:
    base::Result<std::optional<port::Link>> link(std::string_view name) override;
    base::Result<std::optional<port::DefaultRoute>> default_route() override;
    base::Result<port::RouteAnswer> route_to(const net::Address& destination) override;
};

} // namespace eligate::linux_adapter
