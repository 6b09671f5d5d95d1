// SPDX-License-Identifier: Apache-2.0
/// A change under way: its journal stands and its alarm is armed, until it has come to its end.
#pragma once

#include "apply/transaction.hpp"

#include <chrono>
#include <string>

namespace eligate::apply {

/// Calls the alarm off when it is destroyed. A run that is killed, or ends by an exception, leaves journal
/// and alarm.
class Bounded {
  public:
    /// Journal first: an alarm that finds none has nothing to do. Errors: the store's, deadline_not_armed;
    /// then neither is left.
    static base::Result<Bounded> begin(const Engine& engine, const Plan& plan);

    Bounded(const Bounded&) = delete;
    Bounded& operator=(const Bounded&) = delete;
    Bounded(Bounded&& other) noexcept;
    Bounded& operator=(Bounded&&) = delete;
    ~Bounded();

    /// From now on a person bounds it; the first alarm rings, and finds a change that is held.
    base::Result<Hold> hold(std::chrono::seconds time);
    void leave_armed() { m_engine = nullptr; }

  private:
    Bounded(const Engine& engine, std::string id);

    const Engine* m_engine;
    std::string m_id;
    int m_exceptions;
};

} // namespace eligate::apply
