// SPDX-License-Identifier: Apache-2.0
#include "fakes.hpp"

#include "catalog/catalog.hpp"

#include <algorithm>

namespace eligate::apply {

base::Result<plan::State> FakeMachine::observe(std::span<const plan::State> scope) {
    plan::State seen;
    for (const auto& named : scope)
        for (const auto& [key, resource] : named)
            if (const auto found = state.find(key); found != state.end())
                seen.insert(*found);
    return seen;
}

base::Result<> FakeMachine::act(std::span<const plan::Action> batch) {
    batches.push_back(batch.size());
    base::Result<> first;
    for (const auto& action : batch)
        if (auto done = act_alone(action); !done && first)
            first =
                base::Unexpected(std::move(done).error().in(plan::describe(action, plan::Tense::progress)));
    return first;
}

base::Result<bool> FakeMachine::is_unanswered(const plan::Tunnel& tunnel) {
    return unanswered && state.contains(plan::key_of(tunnel));
}

base::Result<> FakeMachine::bring_back(const plan::Tunnel& tunnel) {
    brought_back.push_back(plan::key_of(tunnel));
    return act_alone({.before = std::nullopt, .after = tunnel});
}

base::Result<> FakeMachine::act_alone(const plan::Action& action) {
    const auto call = acted.size();
    acted.push_back(action);
    const bool fails = fails_at && (call == *fails_at || (stays_broken && call > *fails_at));
    if (!fails || fails_after_the_effect)
        state = plan::carried_out(std::move(state), {action});
    if (side_effect)
        side_effect(state, action);
    if (fails)
        return base::fail(fault, base::msg("scripted"));
    return {};
}

base::Result<std::unique_ptr<port::Lock>> FakeStore::lock(const port::LockWish& wish) {
    waited.push_back(wish.patience);
    insisted = insisted || wish.insist;
    locked = locked && !wish.insist;
    if (locked && (holder != "restore" || wish.patience.count() == 0))
        return base::fail(catalog::code::locked, base::msg("locked"), {{"pid", "1"}, {"command", holder}});
    return std::make_unique<port::Lock>();
}

base::Result<std::optional<base::Secret>> FakeStore::read(std::string_view name) {
    const auto found = files.find(name);
    if (found == files.end())
        return std::nullopt;
    return std::optional(base::Secret(found->second));
}

base::Result<> FakeStore::count_write() {
    if (write_fails_at && writes++ >= *write_fails_at)
        return base::fail(fake_fault, base::msg("disk full"));
    return {};
}

base::Result<> FakeStore::write(std::string_view name, const base::Secret& content) {
    auto counted = count_write();
    if (counted || fails_after_the_effect)
        files[std::string(name)] = content.expose();
    return counted;
}

base::Result<> FakeStore::append(std::string_view name, const base::Secret& record) {
    ELIGATE_TRY(count_write());
    files[std::string(name)] += record.expose();
    return {};
}

base::Result<std::vector<std::string>> FakeStore::names() {
    std::vector<std::string> names;
    names.reserve(files.size());
    for (const auto& file : files)
        names.push_back(file.first);
    return names;
}

base::Result<> FakeStore::rename(std::string_view name, std::string_view to) {
    auto moved = files.extract(files.find(name));
    files.insert_or_assign(std::string(to), std::move(moved.mapped()));
    return {};
}

base::Result<> FakeStore::remove(std::string_view name) {
    if (!remove_fails || fails_after_the_effect)
        files.erase(std::string(name));
    return remove_fails ? base::fail(fake_fault, base::msg("scripted")) : base::Result<>();
}

base::Result<> FakeDeadline::arm(const port::Alarm& alarm) {
    if (fails_at == calls++)
        return base::fail(catalog::code::deadline_not_armed, base::msg("no alarm"));
    armed.push_back(alarm);
    return {};
}

void FakeDeadline::disarm(std::string_view change) {
    std::erase_if(armed, [&](const port::Alarm& alarm) { return alarm.change == change; });
}

bool FakeDeadline::wait(std::chrono::seconds /*after*/, const base::Cancel& /*cancel*/,
                        const std::function<void()>& listening) {
    listening();
    return true;
}

} // namespace eligate::apply
