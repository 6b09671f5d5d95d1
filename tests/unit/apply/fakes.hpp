// SPDX-License-Identifier: Apache-2.0
/// A machine and a store in memory, which record what is asked of them and fail on request.
#pragma once

#include "apply/transaction.hpp"
#include "port/system_log.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eligate::apply {

inline constexpr base::Code fake_fault{"TST001"};

class FakeMachine : public port::Machine {
  public:
    base::Result<plan::State> observe(std::span<const plan::State> scope) override;
    base::Result<> act(std::span<const plan::Action> batch) override;
    base::Result<bool> is_unanswered(const plan::Tunnel& tunnel) override;
    base::Result<> bring_back(const plan::Tunnel& tunnel) override;

    plan::State state;
    /// Nothing comes back through the tunnel.
    bool unanswered = false;
    std::vector<plan::Action> acted;
    /// Of these, what came by bring_back.
    std::vector<std::string> brought_back;
    /// How many actions each call was given.
    std::vector<std::size_t> batches;
    /// The action (from 0) that fails; whether it does its work before it says so.
    std::optional<std::size_t> fails_at;
    base::Code fault = fake_fault;
    bool fails_after_the_effect = false;
    /// Once it failed, everything fails: the way back, too.
    bool stays_broken = false;
    /// What else the machine changes by itself with an action.
    std::function<void(plan::State& state, const plan::Action& action)> side_effect;

  private:
    base::Result<> act_alone(const plan::Action& action);
};

class FakeStore : public port::Store {
  public:
    base::Result<std::unique_ptr<port::Lock>> lock(const port::LockWish& wish) override;
    base::Result<std::optional<base::Secret>> read(std::string_view name) override;
    base::Result<> write(std::string_view name, const base::Secret& content) override;
    base::Result<> append(std::string_view name, const base::Secret& record) override;
    base::Result<> rename(std::string_view name, std::string_view to) override;
    base::Result<> remove(std::string_view name) override;
    base::Result<std::vector<std::string>> names() override;
    bool has_half_written() override { return half_written; }
    void drop_half_written() override { half_written = false; }

    std::map<std::string, std::string, std::less<>> files;
    std::size_t writes = 0;
    std::optional<std::size_t> write_fails_at;
    /// The failing write or removal does its work before it says so: a folder that cannot be fsynced.
    bool fails_after_the_effect = false;
    bool locked = false;
    bool half_written = false;
    bool remove_fails = false;
    /// Who holds it: apply waits for a restore.
    std::string holder = "apply";
    std::vector<std::chrono::seconds> waited;
    /// Whether somebody took it by force.
    bool insisted = false;

  private:
    base::Result<> count_write();
};

/// An alarm clock that rings when a test says so.
class FakeDeadline : public port::Deadline {
  public:
    base::Result<> arm(const port::Alarm& alarm) override;
    void disarm(std::string_view change) override;
    bool wait(std::chrono::seconds after, const base::Cancel& cancel,
              const std::function<void()>& listening) override;
    port::Uptime uptime() override { return now; }

    port::Uptime now{.boot = "this boot", .since = std::chrono::seconds(1000)};
    std::vector<port::Alarm> armed;
    /// Which call (from 0) is refused.
    std::optional<std::size_t> fails_at;
    std::size_t calls = 0;
};

class FakeLog : public port::SystemLog {
  public:
    void write(const port::LogEntry& entry) override { entries.push_back(entry); }
    std::vector<port::LogEntry> entries;
};

class SilentObserver : public Observer {
  public:
    void waiting(const base::Error& /*locked*/) override { steps.emplace_back("wait"); }
    void acting(const plan::Action& action) override { steps.push_back(action.key()); }
    void proving() override { steps.emplace_back("prove"); }
    void undoing(const base::Error& /*cause*/) override { steps.emplace_back("undo"); }
    std::vector<std::string> steps;
};

} // namespace eligate::apply
