// SPDX-License-Identifier: Apache-2.0
/// What goes to charon over one VICI connection, cut into packets: 4 bytes of length, 1 byte of type and, in
/// a request, 1 byte of the name's length and the name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eligate::sweep {

class ViciFlow {
  public:
    /// Takes what is sent next, in whatever pieces. The changing commands whose packets it completes, since
    /// charon acts upon a whole packet: "load-conn".
    std::string take(std::string_view bytes);

  private:
    std::size_t wanted() const;

    /// The packet that has begun: up to the end of its name, and how much of it there was.
    std::string m_head;
    std::size_t m_seen = 0;
};

} // namespace eligate::sweep
