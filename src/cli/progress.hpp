// SPDX-License-Identifier: Apache-2.0
/// One line on the terminal that says what is being waited for and for how long; gone when the work is done.
#pragma once

#include "cli/style.hpp"

#include <chrono>
#include <condition_variable>
#include <iosfwd>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eligate::cli {

class Progress {
  public:
    /// Writes to `err` only while `shown`; then nobody else may write there without hide().
    Progress(std::ostream& err, bool shown, Style style);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    Progress(Progress&&) = delete;
    Progress& operator=(Progress&&) = delete;
    /// Erases the line.
    ~Progress();

    /// Several things may be waited for at once, each under its own key; the one that waits longest is shown.
    void begin(const std::string& key, const base::Message& what);
    void end(const std::string& key);
    /// Only `what` is waited for now.
    void now(const base::Message& what);
    /// Nothing is waited for: erases the line, so that something else can be written.
    void hide();

  private:
    struct Waiting {
        std::string key;
        std::string what;
        std::chrono::steady_clock::time_point since;
    };
    void repaint();
    void erase();
    void tick(const std::stop_token& stop);

    std::ostream& m_err;
    const bool m_shown;
    const Style m_style;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::vector<Waiting> m_waiting;
    bool m_painted = false;
    /// Last, so that it ends before what it uses.
    std::jthread m_ticker;
};

} // namespace eligate::cli
