// SPDX-License-Identifier: Apache-2.0
/// What the engine reports while it works, as one line on the terminal.
#pragma once

#include "apply/transaction.hpp"
#include "cli/progress.hpp"
#include "verify/ladder.hpp"

namespace eligate::cli {

class ClimbObserver : public verify::Observer {
  public:
    explicit ClimbObserver(Progress& progress)
        : m_progress(progress) {}
    void started(const std::string& id, const base::Message& title) override { m_progress.begin(id, title); }
    void finished(const verify::Check& check) override { m_progress.end(check.id); }

  private:
    Progress& m_progress;
};

class ApplyObserver : public apply::Observer {
  public:
    explicit ApplyObserver(Progress& progress)
        : m_progress(progress) {}
    void waiting(const base::Error& locked) override { m_progress.now(locked.what); }
    void acting(const plan::Action& action) override {
        m_progress.now(plan::describe(action, plan::Tense::progress));
    }
    void proving() override { m_progress.hide(); }
    void undoing(const base::Error& /*cause*/) override {
        m_progress.now(base::msg(N_("putting everything back")));
    }

  private:
    Progress& m_progress;
};

} // namespace eligate::cli
