// SPDX-License-Identifier: Apache-2.0
#include "apply/lock.hpp"

#include "catalog/catalog.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace eligate::apply {
namespace {

std::chrono::seconds patience_for(const base::Error& locked, std::chrono::seconds asked) {
    constexpr std::chrono::seconds restoring(60);
    const bool is_restore =
        std::ranges::find(locked.evidence, std::pair<std::string, std::string>("command", "restore")) !=
        locked.evidence.end();
    return is_restore ? std::max(asked, restoring) : asked;
}

} // namespace

base::Result<std::unique_ptr<port::Lock>> take_lock(const Engine& engine, std::string_view purpose) {
    auto lock = engine.store.lock({.purpose = purpose});
    if (lock || lock.error().code != catalog::code::locked)
        return lock;
    const auto patience = patience_for(lock.error(), engine.patience);
    if (patience.count() == 0)
        return lock;
    engine.observer.waiting(lock.error());
    return engine.store.lock({.purpose = purpose, .patience = patience, .cancel = &engine.cancel});
}

} // namespace eligate::apply
