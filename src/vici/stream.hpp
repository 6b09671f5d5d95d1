// SPDX-License-Identifier: Apache-2.0
/// The byte stream under a VICI session, and how long anybody waits on it.
#pragma once

#include "base/cancel.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace eligate::vici {

using Deadline = std::chrono::steady_clock::time_point;

/// An absolute moment, and the wish to stop earlier. Whatever waits ends at the first of the two: with
/// charon_silent (IKE004) or interrupted (USE002).
struct Wait {
    Deadline deadline;
    const base::Cancel& cancel;
};

class Stream {
  public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    Stream(Stream&&) = delete;
    Stream& operator=(Stream&&) = delete;
    virtual ~Stream() = default;

    virtual base::Result<> send_all(std::string_view bytes, const Wait& wait) = 0;
    /// At least one byte, at most the buffer; 0 when the peer has closed.
    virtual base::Result<std::size_t> receive(std::span<char> buffer, const Wait& wait) = 0;
};

/// Opens a new connection to charon; asked again whenever a session is lost.
using Connect = std::function<base::Result<std::unique_ptr<Stream>>(const Wait& wait)>;

/// Where Debian's charon-systemd listens (compiled in as /var/run/charon.vici).
inline constexpr std::string_view default_socket = "/run/charon.vici";

} // namespace eligate::vici
