// SPDX-License-Identifier: Apache-2.0
/// A conversation with systemd's PID 1 itself, without the message bus, which a small appliance may not have.
#pragma once

#include <dlfcn.h>
#include <malloc.h>
#include <systemd/sd-bus.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace eligate::linux_adapter {

/// sd_booted(3).
bool systemd_runs();

/// libsystemd.so.0, which is wherever systemd is. Loaded only here: it brings five more libraries, and every
/// other command would pay for them with memory and time.
struct SystemdLibrary {
    std::unique_ptr<void, int (*)(void*)> handle{open_library(), ::dlclose};

    /// What the ladder has used of the heap goes back first: an `apply` disarms its alarm after that, and
    /// would have its own most and the library's at once.
    static void* open_library() {
        static_cast<void>(::malloc_trim(0));
        return ::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    }

    template <class Function>
    Function* find(const char* name) const {
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): POSIX's own way, dlsym(3)
        return handle ? reinterpret_cast<Function*>(::dlsym(handle.get(), name)) : nullptr;
    }

    decltype(sd_bus_new)* bus_new = find<decltype(sd_bus_new)>("sd_bus_new");
    decltype(sd_bus_set_address)* set_address = find<decltype(sd_bus_set_address)>("sd_bus_set_address");
    decltype(sd_bus_start)* start = find<decltype(sd_bus_start)>("sd_bus_start");
    decltype(sd_bus_flush_close_unref)* close =
        find<decltype(sd_bus_flush_close_unref)>("sd_bus_flush_close_unref");
    decltype(sd_bus_message_new_method_call)* new_call =
        find<decltype(sd_bus_message_new_method_call)>("sd_bus_message_new_method_call");
    decltype(sd_bus_message_unref)* unref = find<decltype(sd_bus_message_unref)>("sd_bus_message_unref");
    decltype(sd_bus_message_append)* append = find<decltype(sd_bus_message_append)>("sd_bus_message_append");
    decltype(sd_bus_message_open_container)* open =
        find<decltype(sd_bus_message_open_container)>("sd_bus_message_open_container");
    decltype(sd_bus_message_close_container)* shut =
        find<decltype(sd_bus_message_close_container)>("sd_bus_message_close_container");
    decltype(sd_bus_message_append_strv)* append_strv =
        find<decltype(sd_bus_message_append_strv)>("sd_bus_message_append_strv");
    decltype(sd_bus_message_read)* read = find<decltype(sd_bus_message_read)>("sd_bus_message_read");
    decltype(sd_bus_call)* call = find<decltype(sd_bus_call)>("sd_bus_call");
    decltype(sd_bus_error_free)* error_free = find<decltype(sd_bus_error_free)>("sd_bus_error_free");

    bool complete() const {
        return bus_new != nullptr && set_address != nullptr && start != nullptr && close != nullptr &&
               new_call != nullptr && unref != nullptr && append != nullptr && open != nullptr &&
               shut != nullptr && append_strv != nullptr && read != nullptr && call != nullptr &&
               error_free != nullptr;
    }
};

/// Why something was refused, in the words of systemd or of the C library; nothing: it was not.
using BusRefusal = std::optional<std::string>;

/// For one thread. Each call waits for the answer, at most 5 s.
class SystemdBus {
  public:
    using Message = std::unique_ptr<sd_bus_message, decltype(sd_bus_message_unref)*>;

    SystemdBus() = default;
    SystemdBus(const SystemdBus&) = delete;
    SystemdBus& operator=(const SystemdBus&) = delete;
    SystemdBus(SystemdBus&&) = delete;
    SystemdBus& operator=(SystemdBus&&) = delete;
    ~SystemdBus();

    BusRefusal connect();
    /// A method of org.freedesktop.systemd1.Manager; the caller fills in by `library` what it takes.
    Message new_call(const char* method);
    BusRefusal send(sd_bus_message* message);
    const SystemdLibrary& library() const { return m_sd; }

    /// StartUnit, RestartUnit, StopUnit, ResetFailedUnit (without `mode`): the answer says that the job is
    /// queued.
    BusRefusal queue(const char* method, const std::string& unit, const char* mode = "replace");
    /// "active", "activating", "inactive", "failed" …; empty where systemd does not say.
    std::string state_of(const std::string& unit);
    /// A job of the unit is queued or runs.
    bool has_job(const std::string& unit);
    /// Waits until no job of the unit is left, at most `limit`; false if one still is. systemd holds a job
    /// back until what stands before it is done: at boot, until this very process has ended.
    bool settles(const std::string& unit, std::chrono::milliseconds limit);

  private:
    Message property(const std::string& unit, const char* name);

    SystemdLibrary m_sd;
    sd_bus* m_bus = nullptr;
};

} // namespace eligate::linux_adapter
