// SPDX-License-Identifier: Apache-2.0
/// This machine before the first change: ports, nftables, room on its file systems.
#pragma once

#include "port/ground.hpp"

#include <string>

namespace eligate::linux_adapter {

class MachineGround : public port::Ground {
  public:
    explicit MachineGround(std::string vici_socket)
        : m_vici_socket(std::move(vici_socket)) {}

    base::Result<std::vector<port::IkePort>> ike_ports() override;
    base::Result<> can_filter() override;
    base::Result<> has_room(const std::string& folder, std::size_t bytes) override;
    base::Result<> try_room(const std::string& folder, std::size_t bytes) override;

  private:
    std::string m_vici_socket;
};

} // namespace eligate::linux_adapter
