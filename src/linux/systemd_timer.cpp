// SPDX-License-Identifier: Apache-2.0
#include "linux/systemd_timer.hpp"

#include "catalog/catalog.hpp"

#include <dlfcn.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <thread>

namespace eligate::linux_adapter {
namespace {

using base::Result;

constexpr std::uint64_t call_limit_usec = 5'000'000;

/// libsystemd.so.0, which is wherever systemd is. Loaded only here: it brings five more libraries, and every
/// other command would pay for them with memory and time.
struct Library {
    std::unique_ptr<void, int (*)(void*)> handle{::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL),
                                                 ::dlclose};

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

base::Unexpected not_armed(const std::string& reason) {
    return base::fail(catalog::code::deadline_not_armed,
                      base::msg(N_("systemd does not start a timer: {reason}"), {{"reason", reason}}),
                      {{"program", "systemd"}, {"reason", reason}});
}

base::Unexpected not_armed(int negative_errno) {
    return not_armed(std::strerror(-negative_errno)); // NOLINT(concurrency-mt-unsafe): one thread
}

/// A conversation with PID 1.
class Manager {
  public:
    Manager() = default;
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    Manager(Manager&&) = delete;
    Manager& operator=(Manager&&) = delete;
    ~Manager() {
        if (m_bus != nullptr)
            m_sd.close(m_bus);
    }

    Result<> connect() {
        if (!m_sd.complete())
            return not_armed("libsystemd.so.0");
        int result = m_sd.bus_new(&m_bus);
        if (result >= 0)
            result = m_sd.set_address(m_bus, "unix:path=/run/systemd/private");
        if (result >= 0)
            result = m_sd.start(m_bus);
        return result < 0 ? Result<>(not_armed(result)) : Result<>();
    }

    Result<> start(const SystemdTimer& timer) {
        auto call = new_call("StartTransientUnit");
        auto* const m = call.get();
        const auto unit = timer.name + ".timer";
        const auto service = timer.name + ".service";
        const auto after = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(timer.after).count());
        constexpr std::uint64_t accuracy = 100'000;
        std::vector<char*> argv;
        argv.reserve(timer.command.size() + 1);
        for (const auto& word : timer.command)
            argv.push_back(const_cast<char*>(word.c_str())); // NOLINT(*-const-cast): a char** in C
        argv.push_back(nullptr);
        // The types are those of org.freedesktop.systemd1(5); sd-bus refuses a message that has others.
        // NOLINTBEGIN(*-vararg)
        m_sd.append(m, "ss", unit.c_str(), "fail");
        m_sd.append(m, "a(sv)", 5, "Description", "s", timer.description.c_str(), "TimersMonotonic", "a(st)",
                    1, "OnActiveSec", after, "AccuracyUSec", "t", accuracy, "RemainAfterElapse", "b", 0,
                    "CollectMode", "s", "inactive-or-failed");
        m_sd.open(m, 'a', "(sa(sv))");
        m_sd.open(m, 'r', "sa(sv)");
        m_sd.append(m, "s", service.c_str());
        m_sd.open(m, 'a', "(sv)");
        m_sd.append(m, "(sv)", "Description", "s", timer.description.c_str());
        m_sd.append(m, "(sv)", "Type", "s", "oneshot");
        m_sd.append(m, "(sv)", "CollectMode", "s", "inactive-or-failed");
        m_sd.open(m, 'r', "sv");
        m_sd.append(m, "s", "ExecStart");
        m_sd.open(m, 'v', "a(sasb)");
        m_sd.open(m, 'a', "(sasb)");
        m_sd.open(m, 'r', "sasb");
        m_sd.append(m, "s", timer.command.front().c_str());
        m_sd.append_strv(m, argv.data());
        m_sd.append(m, "b", 0);
        for (int depth = 0; depth < 7; ++depth)
            m_sd.shut(m);
        // NOLINTEND(*-vararg)
        return send(m);
    }

    Result<> stop(const std::string& unit) {
        auto call = new_call("StopUnit");
        m_sd.append(call.get(), "ss", unit.c_str(), "replace"); // NOLINT(*-vararg)
        return send(call.get());
    }

    bool is_active(const std::string& timer) {
        sd_bus_message* made = nullptr;
        m_sd.new_call(m_bus, &made, destination, ("/org/freedesktop/systemd1/unit/" + escaped(timer)).c_str(),
                      "org.freedesktop.DBus.Properties", "Get");
        const Message call(made, m_sd.unref);
        // NOLINTBEGIN(*-vararg)
        m_sd.append(call.get(), "ss", "org.freedesktop.systemd1.Unit", "ActiveState");
        sd_bus_message* answered = nullptr;
        if (made == nullptr || m_sd.call(m_bus, call.get(), call_limit_usec, nullptr, &answered) < 0)
            return false;
        const Message answer(answered, m_sd.unref);
        const char* state = nullptr;
        return m_sd.read(answer.get(), "v", "s", &state) > 0 && std::strcmp(state, "active") == 0;
        // NOLINTEND(*-vararg)
    }

  private:
    using Message = std::unique_ptr<sd_bus_message, decltype(sd_bus_message_unref)*>;
    static constexpr const char* destination = "org.freedesktop.systemd1";

    /// As systemd's object paths have it: all but letters and digits as _xx.
    static std::string escaped(const std::string& unit) {
        constexpr const char* digits = "0123456789abcdef";
        std::string path;
        for (const char c : unit) {
            const auto byte = static_cast<unsigned char>(c);
            const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            path += plain ? std::string(1, c) : std::string{'_', digits[byte >> 4U], digits[byte & 0xfU]};
        }
        return path;
    }

    Message new_call(const char* method) {
        sd_bus_message* made = nullptr;
        m_sd.new_call(m_bus, &made, destination, "/org/freedesktop/systemd1",
                      "org.freedesktop.systemd1.Manager", method);
        return {made, m_sd.unref};
    }

    Result<> send(sd_bus_message* message) {
        sd_bus_error error{};
        sd_bus_message* answer = nullptr;
        const int result =
            message == nullptr ? -ENOMEM : m_sd.call(m_bus, message, call_limit_usec, &error, &answer);
        m_sd.unref(answer);
        const std::string words = error.message != nullptr ? error.message : "";
        m_sd.error_free(&error);
        if (result >= 0)
            return {};
        return words.empty() ? not_armed(result) : not_armed(words);
    }

    Library m_sd;
    sd_bus* m_bus = nullptr;
};

} // namespace

bool systemd_runs() {
    // What sd_booted(3) does.
    return ::access("/run/systemd/system/", F_OK) == 0;
}

Result<> start_timer(const SystemdTimer& timer) {
    Manager manager;
    ELIGATE_TRY(manager.connect());
    ELIGATE_TRY(manager.start(timer));
    // The answer says that the job is queued, and a job may still fail.
    constexpr auto limit = std::chrono::seconds(5);
    constexpr auto interval = std::chrono::milliseconds(5);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!manager.is_active(timer.name + ".timer")) {
        if (std::chrono::steady_clock::now() >= deadline)
            return not_armed(ETIMEDOUT * -1);
        std::this_thread::sleep_for(interval);
    }
    return {};
}

void stop_timers(const std::vector<std::string>& names) {
    Manager manager;
    if (!manager.connect())
        return;
    for (const auto& name : names)
        static_cast<void>(manager.stop(name + ".timer"));
}

} // namespace eligate::linux_adapter
