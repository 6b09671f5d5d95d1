// SPDX-License-Identifier: Apache-2.0
#include "linux/systemd_bus.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <thread>

namespace eligate::linux_adapter {
namespace {

constexpr std::uint64_t call_limit_usec = 5'000'000;
constexpr const char* destination = "org.freedesktop.systemd1";

BusRefusal refused(int negative_errno) {
    return std::strerror(-negative_errno); // NOLINT(concurrency-mt-unsafe): one thread
}

/// As systemd's object paths have it: all but letters and digits as _xx.
std::string escaped(const std::string& unit) {
    constexpr const char* digits = "0123456789abcdef";
    std::string path;
    for (const char c : unit) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        path += plain ? std::string(1, c) : std::string{'_', digits[byte >> 4U], digits[byte & 0xfU]};
    }
    return path;
}

} // namespace

bool systemd_runs() {
    // What sd_booted(3) does.
    return ::access("/run/systemd/system/", F_OK) == 0;
}

SystemdBus::~SystemdBus() {
    if (m_bus != nullptr)
        m_sd.close(m_bus);
}

BusRefusal SystemdBus::connect() {
    if (!m_sd.complete())
        return "libsystemd.so.0";
    int result = m_sd.bus_new(&m_bus);
    if (result >= 0)
        result = m_sd.set_address(m_bus, "unix:path=/run/systemd/private");
    if (result >= 0)
        result = m_sd.start(m_bus);
    return result < 0 ? refused(result) : BusRefusal();
}

SystemdBus::Message SystemdBus::new_call(const char* method) {
    sd_bus_message* made = nullptr;
    m_sd.new_call(m_bus, &made, destination, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                  method);
    return {made, m_sd.unref};
}

BusRefusal SystemdBus::send(sd_bus_message* message) {
    sd_bus_error error{};
    sd_bus_message* answer = nullptr;
    const int result =
        message == nullptr ? -ENOMEM : m_sd.call(m_bus, message, call_limit_usec, &error, &answer);
    m_sd.unref(answer);
    const std::string words = error.message != nullptr ? error.message : "";
    m_sd.error_free(&error);
    if (result >= 0)
        return {};
    return words.empty() ? refused(result) : BusRefusal(words);
}

BusRefusal SystemdBus::queue(const char* method, const std::string& unit, const char* mode) {
    const auto call = new_call(method);
    // NOLINTBEGIN(*-vararg)
    m_sd.append(call.get(), "s", unit.c_str());
    if (mode != nullptr)
        m_sd.append(call.get(), "s", mode);
    // NOLINTEND(*-vararg)
    return send(call.get());
}

SystemdBus::Message SystemdBus::property(const std::string& unit, const char* name) {
    sd_bus_message* made = nullptr;
    m_sd.new_call(m_bus, &made, destination, ("/org/freedesktop/systemd1/unit/" + escaped(unit)).c_str(),
                  "org.freedesktop.DBus.Properties", "Get");
    const Message call(made, m_sd.unref);
    sd_bus_message* answered = nullptr;
    if (made != nullptr) {
        m_sd.append(made, "ss", "org.freedesktop.systemd1.Unit", name); // NOLINT(*-vararg)
        m_sd.call(m_bus, made, call_limit_usec, nullptr, &answered);
    }
    return {answered, m_sd.unref};
}

std::string SystemdBus::state_of(const std::string& unit) {
    const auto answer = property(unit, "ActiveState");
    const char* state = nullptr;
    // NOLINTNEXTLINE(*-vararg)
    return answer && m_sd.read(answer.get(), "v", "s", &state) > 0 ? state : "";
}

bool SystemdBus::has_job(const std::string& unit) {
    const auto answer = property(unit, "Job");
    std::uint32_t id = 0;
    const char* path = nullptr;
    // NOLINTNEXTLINE(*-vararg)
    return answer && m_sd.read(answer.get(), "v", "(uo)", &id, &path) > 0 && id != 0;
}

bool SystemdBus::settles(const std::string& unit, std::chrono::milliseconds limit) {
    constexpr auto interval = std::chrono::milliseconds(5);
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (has_job(unit)) {
        if (std::chrono::steady_clock::now() >= deadline)
            return false;
        std::this_thread::sleep_for(interval);
    }
    return true;
}

} // namespace eligate::linux_adapter
