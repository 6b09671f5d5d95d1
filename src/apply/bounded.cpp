// SPDX-License-Identifier: Apache-2.0
#include "apply/bounded.hpp"

#include "apply/commit.hpp"
#include "apply/journal.hpp"

#include <exception>
#include <utility>

namespace eligate::apply {

using base::Result;

Result<Bounded> Bounded::begin(const Engine& engine, const Plan& plan) {
    Journal journal(engine.store);
    ELIGATE_TRY_ASSIGN(auto id, journal.begin(generation_of(plan), plan.actions));
    auto armed = engine.deadline.arm({.change = id, .after = longest_change});
    if (!armed) {
        ELIGATE_TRY(journal.close());
        return base::Unexpected(std::move(armed).error());
    }
    return Bounded(engine, std::move(id));
}

Bounded::Bounded(const Engine& engine, std::string id)
    : m_engine(&engine)
    , m_id(std::move(id))
    , m_exceptions(std::uncaught_exceptions()) {}

Bounded::Bounded(Bounded&& other) noexcept
    : m_engine(std::exchange(other.m_engine, nullptr))
    , m_id(std::move(other.m_id))
    , m_exceptions(other.m_exceptions) {}

Bounded::~Bounded() {
    if (m_engine == nullptr || std::uncaught_exceptions() != m_exceptions)
        return;
    try {
        m_engine->deadline.disarm(m_id);
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it rings, and finds nothing to do
    }
}

Result<Hold> Bounded::hold(std::chrono::seconds time) {
    // Read before: the alarm must not ring while there is still time left.
    auto now = m_engine->deadline.uptime();
    ELIGATE_TRY(m_engine->deadline.arm({.bounds = port::Alarm::Bounds::hold, .change = m_id, .after = time}));
    return Hold{.change = m_id, .boot = std::move(now.boot), .until = (now.since + time).count()};
}

} // namespace eligate::apply
