// SPDX-License-Identifier: Apache-2.0
/// Whether this kernel carries IPsec by itself, found out by trying.
#pragma once

#include "base/result.hpp"
#include "port/kernel_ipsec.hpp"

namespace eligate::linux_adapter {

/// Tries in a network namespace made for this and gone with it; the machine's own links and SAs are not
/// touched. The kernel loads its modules for it, as it would for charon. Code system_call if no namespace can
/// be made.
base::Result<port::KernelIpsec> try_kernel_ipsec();

} // namespace eligate::linux_adapter
