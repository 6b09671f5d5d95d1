// SPDX-License-Identifier: Apache-2.0
/// The system calls that may change a machine, and a filter that lets the kernel stop at these alone.
#pragma once

#include <cstdint>

namespace eligate::sweep {

/// Where a call's arguments say what it changes.
enum class Shape : std::uint8_t {
    open,          ///< path, flags
    create,        ///< path, mode
    open_at,       ///< folder, path, flags
    open_how,      ///< folder, path, struct open_how
    descriptor,    ///< descriptor
    write,         ///< descriptor, bytes, size
    write_vector,  ///< descriptor, iovec, count
    move_first,    ///< into the first argument: sendfile
    move_third,    ///< into the third argument: copy_file_range, splice
    send,          ///< descriptor, bytes, size
    send_message,  ///< descriptor, msghdr
    send_messages, ///< descriptor, mmsghdr, count
    path,          ///< path
    path_at,       ///< folder, path
    two_paths,     ///< path, path
    two_paths_at,  ///< folder, path, folder, path
    link_text,     ///< text, path
    link_text_at,  ///< text, folder, path
    run,           ///< path
    run_at,        ///< folder, path
};

struct Call {
    long number;
    const char* name;
    Shape shape;
    /// Fails on a full disk, where what it makes is not there yet. fsync(2) does not: the usual file systems
    /// keep the room from the write on.
    bool takes_room;
};

/// nullptr: none of them.
const Call* find_call(std::uint64_t number);

/// From here on, and in everything that this process becomes or starts, these calls stop for the tracer.
bool stop_at_calls();

} // namespace eligate::sweep
