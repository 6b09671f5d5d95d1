// SPDX-License-Identifier: Apache-2.0
/// A charon of our own: in a network namespace without any way out, with a private /run. Needs root.
#pragma once

#include "vici/stream.hpp"

#include <sys/types.h>

#include <string>

namespace eligate::test {

class RealCharon {
  public:
    /// Moves this process into fresh namespaces and starts charon there; throws if that cannot be done.
    RealCharon();
    RealCharon(const RealCharon&) = delete;
    RealCharon& operator=(const RealCharon&) = delete;
    RealCharon(RealCharon&&) = delete;
    RealCharon& operator=(RealCharon&&) = delete;
    ~RealCharon();

    vici::Connect connect() const;

  private:
    std::string m_socket = "/run/charon.vici";
    pid_t m_pid = -1;
};

/// Self-signed, with CA:TRUE if it is an authority; and its key.
struct MadeCertificate {
    std::string der;
    /// DER
    std::string subject;
    /// PKCS#8
    std::string key;
};
MadeCertificate make_certificate(const std::string& common_name, bool authority);

} // namespace eligate::test
