// SPDX-License-Identifier: Apache-2.0
#include "linux/systemd_timer.hpp"

#include "catalog/catalog.hpp"
#include "linux/systemd_bus.hpp"

#include <cstdint>
#include <cstring>

namespace eligate::linux_adapter {
namespace {

using base::Result;

base::Unexpected not_armed(const std::string& reason) {
    return base::fail(catalog::code::deadline_not_armed,
                      base::msg(N_("systemd does not start a timer: {reason}"), {{"reason", reason}}),
                      {{"program", "systemd"}, {"reason", reason}});
}

BusRefusal start(SystemdBus& bus, const SystemdTimer& timer) {
    const auto& sd = bus.library();
    const auto call = bus.new_call("StartTransientUnit");
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
    sd.append(m, "ss", unit.c_str(), "fail");
    sd.append(m, "a(sv)", 5, "Description", "s", timer.description.c_str(), "TimersMonotonic", "a(st)", 1,
              "OnActiveSec", after, "AccuracyUSec", "t", accuracy, "RemainAfterElapse", "b", 0, "CollectMode",
              "s", "inactive-or-failed");
    sd.open(m, 'a', "(sa(sv))");
    sd.open(m, 'r', "sa(sv)");
    sd.append(m, "s", service.c_str());
    sd.open(m, 'a', "(sv)");
    sd.append(m, "(sv)", "Description", "s", timer.description.c_str());
    sd.append(m, "(sv)", "Type", "s", "oneshot");
    sd.append(m, "(sv)", "CollectMode", "s", "inactive-or-failed");
    sd.open(m, 'r', "sv");
    sd.append(m, "s", "ExecStart");
    sd.open(m, 'v', "a(sasb)");
    sd.open(m, 'a', "(sasb)");
    sd.open(m, 'r', "sasb");
    sd.append(m, "s", timer.command.front().c_str());
    sd.append_strv(m, argv.data());
    sd.append(m, "b", 0);
    for (int depth = 0; depth < 7; ++depth)
        sd.shut(m);
    // NOLINTEND(*-vararg)
    return bus.send(m);
}

} // namespace

Result<> start_timer(const SystemdTimer& timer) {
    SystemdBus bus;
    auto refusal = bus.connect();
    if (!refusal)
        refusal = start(bus, timer);
    // A job that is queued may still fail.
    constexpr auto limit = std::chrono::seconds(5);
    const auto unit = timer.name + ".timer";
    if (!refusal && (!bus.settles(unit, limit) || bus.state_of(unit) != "active"))
        refusal = bus.state_of(unit);
    return refusal ? Result<>(not_armed(*refusal)) : Result<>();
}

void stop_timers(const std::vector<std::string>& names) {
    SystemdBus bus;
    if (bus.connect())
        return;
    for (const auto& name : names)
        static_cast<void>(bus.queue("StopUnit", name + ".timer"));
}

} // namespace eligate::linux_adapter
