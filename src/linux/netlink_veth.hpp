// SPDX-License-Identifier: Apache-2.0
/// The two ends of a wire into another network namespace.
#pragma once

#include "base/result.hpp"
#include "net/address.hpp"

#include <string>

namespace eligate::linux_adapter {

struct VethWish {
    /// Of the end here, which the caller's namespace has.
    std::string near_end;
    /// Who stands at the far end, and the address by which he knows us: one that this machine has on another
    /// interface.
    net::Address terminal;
    net::Address gateway;
    /// Bytes of an IP packet, both ends.
    unsigned mtu = 1500;
};

/// In the caller's namespace: the near end, up, and the way to the terminal. `far_thread` is a thread in
/// the other one. Everything goes when that namespace goes. Error system_call.
base::Result<> make_near_end(const VethWish& wish, int far_thread);

/// At once; the kernel takes a namespace apart when it finds the time. What is not there is passed over.
void drop_near_end(const std::string& near_end);

/// In the far namespace: the address and the way to everything. Neither end asks by ARP, since each knows the
/// other's MAC.
base::Result<> make_far_end(const VethWish& wish);

} // namespace eligate::linux_adapter
